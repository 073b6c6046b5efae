// A server with settings that the command line does not offer, such as a quick heartbeat.
import { createServer } from '@confer/server';

const server = await createServer(JSON.parse(process.argv[2]));
process.on('SIGTERM', () => server.close());
process.stdout.write(`${server.url}\n`);
