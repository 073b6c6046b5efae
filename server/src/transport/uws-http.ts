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

export function respond(response: LibraryResponse, answer: HttpAnswer, isHead = false): void {
  response.writeStatus(`${answer.status} ${answer.reason}`);
  for (const [name, value] of headerLines(answer)) response.writeHeader(name, value);
  // Not `endWithoutBody`: the library overlooks it and aborts the process for want of a response.
  response.end(isHead ? '' : answer.text, true);
}
