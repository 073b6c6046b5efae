/** Asks about rights over a client, each of a build of its own, and prints what came of it. */
import { WebSocket } from 'ws';

globalThis.WebSocket = WebSocket;
// What pages have, and Node has not.
globalThis.addEventListener ??= () => {};

const [, , clientBuild, adminBuild, url] = process.argv;
const { connect, ConferError } = await import(clientBuild);
const { administrationOf } = await import(adminBuild);

const client = connect(url);
const { whoami, roles, tokens } = administrationOf(client);
const { kind } = await whoami();
const refused = await roles.list().catch((error) => error);
const wrong = await tokens.rotate(1).catch((error) => error);
await client.close();
const areOfOneClass = [refused, wrong].every((error) => error instanceof ConferError);
console.log(JSON.stringify({ kind, forbidden: refused.code, areOfOneClass }));
