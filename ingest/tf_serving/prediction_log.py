"""
TensorFlow Serving's `PredictionLog`, as far as it is read here.

A message on the wire is numbers and types, so these few lines, written from the field numbers of
tensorflow_serving/apis and tensorflow/core, read what the real software writes, without TensorFlow
and without a generated file that is tied to one version of protobuf. Maps are lists of entries,
which is what they are on the wire. The names live in a pool of their own: a process that has
TensorFlow as well sees no clash.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE: Final = "driftline.tf_serving"
_PROTO: Final = """
message PredictionLog {
  LogMetadata log_metadata = 1;
  ClassificationLog classify_log = 2;
  RegressionLog regress_log = 3;
  MultiInferenceLog multi_inference_log = 4;
  SessionRunLog session_run_log = 5;
  PredictLog predict_log = 6;
  Unread predict_streamed_log = 7;
}
message Unread {}
message LogMetadata {
  ModelSpec model_spec = 1;
  SamplingConfig sampling_config = 2;
  int64 timestamp_secs = 4;
  string dc = 5;
  string request_origin = 6;
  string request_criticality = 7;
}
message SamplingConfig { double sampling_rate = 1; }
message ModelSpec {
  string name = 1;
  Int64Value version = 2;
  string signature_name = 3;
  string version_label = 4;
}
message Int64Value { int64 value = 1; }

message PredictLog { PredictRequest request = 1; PredictResponse response = 2; }
message PredictRequest { ModelSpec model_spec = 1; repeated NamedTensor inputs = 2; }
message PredictResponse { repeated NamedTensor outputs = 1; ModelSpec model_spec = 2; }
message NamedTensor { string key = 1; TensorProto value = 2; }

message SessionRunLog { SessionRunRequest request = 1; SessionRunResponse response = 2; }
message SessionRunRequest { ModelSpec model_spec = 1; repeated NamedTensor inputs = 2; }
message SessionRunResponse { repeated NamedTensor outputs = 1; ModelSpec model_spec = 3; }

message MultiInferenceLog {
  MultiInferenceRequest request = 1;
  MultiInferenceResponse response = 2;
}
message MultiInferenceRequest { repeated InferenceTask tasks = 1; Input input = 2; }
message InferenceTask { ModelSpec model_spec = 1; string method_name = 2; }
message MultiInferenceResponse { repeated InferenceResult results = 1; }
message InferenceResult {
  ModelSpec model_spec = 1;
  ClassificationResult classification = 2;
  RegressionResult regression = 3;
}

message ClassificationLog { ExamplesRequest request = 1; ClassificationResponse response = 2; }
message ClassificationResponse { ClassificationResult result = 1; ModelSpec model_spec = 2; }
message ClassificationResult { repeated Classifications classifications = 1; }
message Classifications { repeated Class classes = 1; }
message Class { string label = 1; float score = 2; }

message RegressionLog { ExamplesRequest request = 1; RegressionResponse response = 2; }
message RegressionResponse { RegressionResult result = 1; ModelSpec model_spec = 2; }
message RegressionResult { repeated Regression regressions = 1; }
message Regression { float value = 1; }

message ExamplesRequest { ModelSpec model_spec = 1; Input input = 2; }
message Input { ExampleList example_list = 1; ExampleListWithContext with_context = 2; }
message ExampleList { repeated Example examples = 1; }
message ExampleListWithContext { repeated Example examples = 1; Example context = 2; }
message Example { Features features = 1; }
message Features { repeated NamedFeature feature = 1; }
message NamedFeature { string key = 1; Feature value = 2; }
message Feature { BytesList bytes_list = 1; FloatList float_list = 2; Int64List int64_list = 3; }
message BytesList { repeated bytes value = 1; }
message FloatList { repeated float value = 1; }
message Int64List { repeated int64 value = 1; }

message TensorProto {
  int32 dtype = 1;
  TensorShape tensor_shape = 2;
  bytes tensor_content = 4;
  repeated float float_val = 5;
  repeated double double_val = 6;
  repeated int32 int_val = 7;
  repeated bytes string_val = 8;
  repeated int64 int64_val = 10;
  repeated bool bool_val = 11;
  repeated int32 half_val = 13;
  repeated uint32 uint32_val = 16;
  repeated uint64 uint64_val = 17;
}
message TensorShape { repeated Dim dim = 2; }
message Dim { int64 size = 1; }
"""

_MESSAGE: Final = re.compile(r"message (\w+) \{(.*?)\}", re.DOTALL)
_FIELD: Final = re.compile(r"(repeated )?(\w+) (\w+) = (\d+);")


@cache
def prediction_log() -> type[Any]:
    """
    Return the class of the message.

    Examples
    --------
    >>> log = prediction_log()()
    >>> log.predict_log.request.inputs.add(key="age").value.float_val.append(42.0)
    >>> prediction_log().FromString(log.SerializeToString()) == log
    True
    """
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(_file().SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.PredictionLog"))


def _file() -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="driftline/prediction_log.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, body in _MESSAGE.findall(_PROTO):
        message = file.message_type.add(name=name)
        for repeated, kind, field, number in _FIELD.findall(body):
            _add_field(message, field, int(number), kind, repeated=bool(repeated))
    return file


def _add_field(
    message: descriptor_pb2.DescriptorProto, name: str, number: int, kind: str, *, repeated: bool
) -> None:
    types = descriptor_pb2.FieldDescriptorProto
    field = message.field.add(
        name=name,
        number=number,
        label=types.LABEL_REPEATED if repeated else types.LABEL_OPTIONAL,
    )
    if kind[0].isupper():
        field.type = types.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{kind}"
    else:
        field.type = types.Type.Value(f"TYPE_{kind.upper()}")
