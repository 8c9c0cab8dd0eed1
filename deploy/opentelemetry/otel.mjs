/**
 * OpenTelemetry beside Bidwright, by its own packages, which Bidwright does not install:
 *
 *   npm install @opentelemetry/api @opentelemetry/sdk-node
 *   OTEL_SERVICE_NAME=bidwright OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 \
 *     node --import ./deploy/opentelemetry/otel.mjs src/main.ts serve --config DIR
 *
 * The SDK without its automatic instrumentation: patching Node's http would cost every bid what these spans cost one in a thousand.
 */
import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { recordSpans } from './spans.mjs';

const sdk = new NodeSDK();
sdk.start();
const stop = recordSpans(trace.getTracer('bidwright'), {
  every: Number(process.env.BIDWRIGHT_SPAN_EVERY ?? 1000),
});
process.once('beforeExit', () => {
  stop();
  void sdk.shutdown();
});
