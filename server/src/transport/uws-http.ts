import { addressOfBytes, addressText } from './address.ts';
import { type HttpAnswer, headerLines } from './http.ts';
import { type RequestHead, requestHead } from './request-head.ts';

/** What of a request of uWebSockets.js is used. The library forgets it as soon as its handler returns. */
interface LibraryRequest {
  getMethod(): string;
  getUrl(): string;
  getQuery(): string | undefined;
  forEach(seen: (name: string, value: string) => void): void;
}

interface LibraryResponse {
  getRemoteAddress(): ArrayBuffer;
  onAborted(told: () => void): unknown;
  cork(run: () => void): unknown;
  writeStatus(status: string): unknown;
  writeHeader(name: string, value: string): unknown;
  end(text: string, isClosing: boolean): unknown;
}

export function headOf(request: LibraryRequest): RequestHead {
  const lines: [string, string][] = [];
  request.forEach((name, value) => {
    lines.push([name, value]);
  });
  const method = request.getMethod().toUpperCase();
  return requestHead(method, request.getUrl(), request.getQuery() ?? '', lines);
}

/** Never what the library takes for a proxied address: it believes the PROXY header of anybody. */
export function remoteOf(response: LibraryResponse): string {
  return addressText(addressOfBytes(new Uint8Array(response.getRemoteAddress())));
}

/**
 * Answers, and ends the connection. In a turn of its own: behind such an answer the library would go on with what came
 * together with the request, and hand another request on. Where one comes before its answer, it ends the connection.
 */
export function respond(response: LibraryResponse, answer: HttpAnswer, isHead = false): void {
  let isGone = false;
  response.onAborted(() => {
    isGone = true;
  });
  // safeguard: nothing-is-read-behind-a-refusal
  setImmediate(() => {
    if (!isGone) response.cork(() => write(response, answer, isHead));
  });
}

function write(response: LibraryResponse, answer: HttpAnswer, isHead: boolean): void {
  response.writeStatus(`${answer.status} ${answer.reason}`);
  for (const [name, value] of headerLines(answer)) response.writeHeader(name, value);
  // Not `endWithoutBody`: it would not end the connection.
  response.end(isHead ? '' : answer.text, true);
}
