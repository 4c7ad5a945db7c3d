// Records what OpenTelemetry's exporters for Node.js put on the wire, byte by byte.
//
// In an empty folder:
//   npm install @opentelemetry/api @opentelemetry/api-logs @opentelemetry/resources \
//     @opentelemetry/sdk-logs @opentelemetry/sdk-trace-base @opentelemetry/sdk-metrics \
//     @opentelemetry/exporter-{logs,trace,metrics}-otlp-{http,proto}
//   cp .../tests/formats/otlp_node/make.mjs . && node make.mjs OUT
// With a URL instead of a folder it sends to a collector and prints what that answered:
//   node make.mjs http://127.0.0.1:8501
//
// Each file is one request: its head and its body as they came over the socket, chunks and all.
// `now` of the records is the one of the recording; the tests that replay them set their clock.
import fs from "node:fs";
import net from "node:net";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import { BasicTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { trace, context } from "@opentelemetry/api";

const resource = resourceFromAttributes({
  "service.name": "credit", "service.version": "2", "service.instance.id": "node-1",
});
const EXPORTERS = { logs: "OTLPLogExporter", trace: "OTLPTraceExporter", metrics: "OTLPMetricExporter" };

async function exporter(signal, encoding, options) {
  const made = await import(`@opentelemetry/exporter-${signal}-otlp-${encoding}`);
  return new (made[EXPORTERS[signal]] ?? made.default[EXPORTERS[signal]])(options);
}

// ids that do not change from one recording to the next
function fixed(seed) {
  return { generateTraceId: () => seed.repeat(32), generateSpanId: () => seed.repeat(16) };
}

const SEND = {
  async logs(out) {
    const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter: out })] });
    const at = trace.setSpanContext(context.active(), {
      traceId: "a".repeat(32), spanId: "a".repeat(16), traceFlags: 1,
    });
    provider.getLogger("service").emit({
      eventName: "ml.prediction", context: at,
      attributes: { "http.response.status_code": 200, prediction: "good", score: 0.25, nothing: null },
      body: { features: { age: 42, income: 79211.26, region: "north", vip: false, gone: null } },
    });
    await provider.forceFlush();
    await provider.shutdown();
  },
  async trace(out) {
    const provider = new BasicTracerProvider({
      resource, idGenerator: fixed("a"), spanProcessors: [new SimpleSpanProcessor(out)],
    });
    const tracer = provider.getTracer("service");
    const span = tracer.startSpan("POST /predict", {
      kind: SpanKind.SERVER, attributes: { "http.response.status_code": 200, "http.route": "/predict" },
    });
    span.setStatus({ code: SpanStatusCode.OK });
    await new Promise((done) => setTimeout(done, 5));
    span.end();
    await provider.forceFlush();
    await provider.shutdown();
  },
  async metrics(out) {
    const reader = new PeriodicExportingMetricReader({ exporter: out, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({ resource, readers: [reader] });
    const meter = provider.getMeter("service");
    meter.createObservableGauge("process.cpu.utilization", { unit: "1" })
      .addCallback((seen) => { seen.observe(0.5, { "cpu.mode": "user" }); seen.observe(0.25, { "cpu.mode": "system" }); });
    meter.createUpDownCounter("process.memory.usage", { unit: "By" }).add(123456789);
    meter.createHistogram("http.server.http.duration", { unit: "s" }).record(0.005);
    await reader.forceFlush();
    await provider.shutdown();
  },
};
const PATHS = { logs: "v1/logs", trace: "v1/traces", metrics: "v1/metrics" };

// a server that keeps one request, answers it, and hands its bytes over
function recorder() {
  let got;
  const whole = new Promise((done) => { got = done; });
  const server = net.createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on("data", (more) => {
      bytes = Buffer.concat([bytes, more]);
      if (isWhole(bytes) && !socket.writableEnded) {
        socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
        got(bytes);
      }
    });
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready({ server, whole })));
}

function isWhole(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const head = bytes.subarray(0, end).toString("latin1").toLowerCase();
  const length = /content-length: (\d+)/.exec(head);
  return length ? bytes.length >= end + 4 + Number(length[1]) : bytes.indexOf("\r\n0\r\n\r\n", end) > 0;
}

const target = process.argv[2];
for (const signal of Object.keys(SEND)) {
  for (const encoding of ["http", "proto"]) {
    for (const compression of ["none", "gzip"]) {
      if (target.startsWith("http")) {
        const out = await exporter(signal, encoding, { url: `${target}/${PATHS[signal]}`, compression });
        const send = out.export.bind(out);
        out.export = (items, done) => send(items, (result) => {
          console.log(signal, encoding, compression, result.code === 0 ? "accepted" : String(result.error));
          done(result);
        });
        await SEND[signal](out);
        continue;
      }
      const { server, whole } = await recorder();
      const url = `http://127.0.0.1:${server.address().port}/${PATHS[signal]}`;
      await SEND[signal](await exporter(signal, encoding, { url, compression }));
      const kind = encoding === "http" ? "json" : "protobuf";
      fs.writeFileSync(`${target}/${signal}-${kind}-${compression}.http`, await whole);
      server.close();
    }
  }
}
