"""
Write the files beside this with the real software; run by hand.

    python3 -m venv /tmp/venv-tf
    /tmp/venv-tf/bin/pip install tensorflow-cpu==2.21.0 tensorflow-serving-api==2.21.0
    /tmp/venv-tf/bin/python tests/formats/tf_serving/make.py

The framing, the checksums, gzip and zlib are TensorFlow's own TFRecordWriter; the messages those
of tensorflow-serving-api, their tensors made by tf.make_tensor_proto. What each record says is
written to expected.json from tf.make_ndarray, so that the test compares with TensorFlow's reading
and not with ours.
"""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2
from tensorflow_serving.apis import prediction_log_pb2

HERE = Path(__file__).parent
START_S = 1795000600


def log(second: int, *, name="credit_default", version=2, rate=1.0):
    made = prediction_log_pb2.PredictionLog()
    meta = made.log_metadata
    meta.model_spec.name = name
    if version is not None:
        meta.model_spec.version.value = version
    meta.model_spec.signature_name = "serving_default"
    meta.sampling_config.sampling_rate = rate
    meta.saved_model_tags.append("serve")
    meta.timestamp_secs = START_S + second
    return made


def predict(second: int, inputs: dict, outputs: dict, **about):
    made = log(second, **about)
    request, response = made.predict_log.request, made.predict_log.response
    request.model_spec.name = made.log_metadata.model_spec.name
    response.model_spec.CopyFrom(made.log_metadata.model_spec)
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tensor(value))
    for name, value in outputs.items():
        response.outputs[name].CopyFrom(tensor(value))
    return made


def tensor(value):
    if isinstance(value, tensor_pb2.TensorProto):
        return value
    return tf.make_tensor_proto(value)


def typed(dtype: str, shape: list[int], **values) -> tensor_pb2.TensorProto:
    """A tensor in the typed fields, as clients that are not TensorFlow write it."""
    made = tensor_pb2.TensorProto(dtype=types_pb2.DataType.Value(dtype))
    for size in shape:
        made.tensor_shape.dim.add(size=size)
    for field, items in values.items():
        getattr(made, field).extend(items)
    return made


def of_columns(second: int, n: int, rng):
    inputs = {
        "age": rng.integers(18, 80, (n, 1)).astype(np.float32),
        "income": rng.normal(50_000, 9_000, n).astype(np.float64),
        "region": np.array([[b"north"], [b"s\xc3\xbcd"]] * n)[:n],
        "n_cards": rng.integers(0, 9, n),
        "owner": rng.random((n, 1)) < 0.5,
        "history": rng.random((n, 3)).astype(np.float32),
    }
    return predict(second, inputs, {"probability": rng.random((n, 1)).astype(np.float32)})


def examples(second: int, kind: str, n: int, *, context: bool = False):
    made = log(second)
    part = getattr(made, kind)
    part.response.model_spec.CopyFrom(made.log_metadata.model_spec)
    holder = part.request.input.example_list
    if context:
        holder = part.request.input.example_list_with_context
        holder.context.features.feature["country"].bytes_list.value.append(b"NL")
    for i in range(n):
        feature = holder.examples.add().features.feature
        feature["age"].float_list.value.append(20.5 + i)
        feature["cards"].int64_list.value.append(i)
        feature["words"].bytes_list.value.extend([b"a", b"b"])
        if i != 1:
            feature["region"].bytes_list.value.append(b"north")
        if kind == "classify_log":
            classes = part.response.result.classifications.add().classes
            for label, score in (("good", 0.75 - i / 10), ("bad", 0.25 + i / 10)):
                classes.add(label=label, score=score)
        else:
            part.response.result.regressions.add(value=1.5 * i)
    return made


def odd(second: int) -> list:
    """Typed lists that are short or empty, sixteen bits, large integers, one value for all rows."""
    n = 3
    inputs = {
        "short": typed("DT_FLOAT", [n], float_val=[1, 2]),
        "empty": typed("DT_FLOAT", [n]),
        "half": tf.make_tensor_proto(np.array([0.5, 1.5, -2], np.float16)),
        "brain": tf.make_tensor_proto(tf.constant([0.5, 1.5, -2], tf.bfloat16)),
        "large": typed("DT_INT64", [n], int64_val=[2**53 + 1, -5, 7]),
        "unsigned": typed("DT_UINT64", [n], uint64_val=[2**64 - 1, 1, 2]),
        "tiny": tf.make_tensor_proto(np.array([-1, 0, 1], np.int8)),
        "nan": tf.make_tensor_proto(np.array([np.nan, np.inf, 1], np.float32)),
        "threshold": typed("DT_DOUBLE", [], double_val=[0.5]),
    }
    return [
        predict(second, inputs, {"score": typed("DT_FLOAT", [n, 1], float_val=[0.1, 0.2, 0.3])})
    ]


def unread(second: int) -> list:
    multi, session = log(second), log(second)
    multi.multi_inference_log.request.tasks.add().method_name = "tensorflow/serving/classify"
    session.session_run_log.request.fetch.append("probability")
    return [multi, session]


def about(second: int) -> list:
    """Who tells the version, and what else is told of a call."""
    given = [{"x": [1.0]}, {"y": [0.5]}]
    bare = predict(second, *given, version=None, rate=0.25)
    bare.log_metadata.dc = "aa"
    bare.log_metadata.request_origin = "batch"
    bare.predict_log.response.model_spec.version.value = 7
    labelled = predict(second, *given, version=None)
    labelled.log_metadata.model_spec.version_label = "stable"
    silent = prediction_log_pb2.PredictionLog()
    silent.predict_log.CopyFrom(bare.predict_log)
    return [bare, labelled, silent]


def plain(array: np.ndarray):
    if array.dtype == object:
        array = np.vectorize(lambda b: b.decode())(array)
    return array.astype(np.float64).tolist() if array.dtype.kind == "f" else array.tolist()


def said(log) -> dict:
    part = log.predict_log
    return {
        side: {name: plain(tf.make_ndarray(t)) for name, t in sorted(tensors.items())}
        for side, tensors in (("inputs", part.request.inputs), ("outputs", part.response.outputs))
    }


def write(name: str, logs: list, compression: str = "") -> None:
    with tf.io.TFRecordWriter(str(HERE / name), compression) as writer:
        for made in logs:
            writer.write(made.SerializeToString())


def main() -> None:
    rng = np.random.default_rng(5)
    predicted = [of_columns(i, 1 + i % 3, rng) for i in range(6)]
    matrix = predict(
        9,
        {"dense": rng.random((4, 3)).astype(np.float32)},
        {
            "classes": np.array([0, 1, 1, 0]),
            "probabilities": np.array([[0.9, 0.1]] * 4, np.float32),
        },
    )
    asked = [examples(20, "classify_log", 3), examples(21, "regress_log", 2, context=True)]
    logs = [*predicted, matrix, *odd(10), *asked, *about(30), *unread(40)]
    write("predictions.tfrecord", logs)
    write("predictions.tfrecord.gz", predicted, "GZIP")
    write("predictions-00000-of-00001.zlib", predicted, "ZLIB")
    expected = [said(made) if made.HasField("predict_log") else None for made in logs]
    lines = [json.dumps(one, sort_keys=True) for one in expected]
    (HERE / "expected.ndjson").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
