"""OpenTelemetry: logs, spans and metrics as JSON or protobuf, into calls and samples."""
