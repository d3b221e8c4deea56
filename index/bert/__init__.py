"""BERT models on ONNX Runtime: their graph drawn from published weights, and the session that runs it."""
