import type { Span, SpanAttributes, SpanName, Tracing } from './tracing.ts';
import { VERSION } from './version.ts';

/**
 * Tracing by OpenTelemetry, where its API is installed; `undefined` where it is not, and then nothing is traced. Where
 * the spans go is the concern of whoever sets up its SDK in this process: without one they go nowhere.
 */
export async function openTracing(): Promise<Tracing | undefined> {
  const api = await import('@opentelemetry/api').catch(() => undefined);
  return api && tracingBy(api);
}

type Api = typeof import('@opentelemetry/api');

function tracingBy({ ROOT_CONTEXT, SpanKind, SpanStatusCode, trace }: Api): Tracing {
  const tracer = trace.getTracer('confer', VERSION);
  return {
    begin(name: SpanName, attributes: SpanAttributes, parent?: string): Span {
      const span = tracer.startSpan(
        name,
        { kind: SpanKind.SERVER, attributes },
        parent === undefined ? ROOT_CONTEXT : within(parent),
      );
      return {
        end(more = {}, error) {
          span.setAttributes(more);
          if (error !== undefined) {
            span.setAttribute('error.type', error);
            span.setStatus({ code: SpanStatusCode.ERROR });
          }
          span.end();
        },
      };
    },
  };

  /** Whatever propagator is set up, this is what the protocol carries. */
  function within(traceparent: string) {
    const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
    const traceFlags = Number.parseInt(flags, 16);
    return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
  }
}
