"""Request logs of TensorFlow Serving: frames, messages and tensors, without TensorFlow."""
