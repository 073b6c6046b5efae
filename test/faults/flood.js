// A client that asks as much as it may: "watches" of one subtree, or "lists" one after another.
import { WebSocket } from 'ws';

const [url, what, count] = process.argv.slice(2);
const socket = new WebSocket(`${url.replace('http', 'ws')}/v1`, 'confer.v1');
const request =
  what === 'watches'
    ? { type: 'watch', path: '/other', mode: 'events' }
    : { type: 'list', path: '/other' };
const WAITING_MAX = 1_000;
let asked = 0;
let answered = 0;

function ask() {
  while (asked < Number(count) && asked - answered < WAITING_MAX)
    socket.send(JSON.stringify({ ...request, id: ++asked }));
}

socket.on('open', () => socket.send(JSON.stringify({ type: 'hello', version: 1 })));
socket.on('message', (data) => {
  const { type } = JSON.parse(data.toString());
  if (type === 'watching' || type === 'listed') answered += 1;
  ask();
  if (answered === Number(count) && type !== 'commits') process.stdout.write('answered\n');
  if (answered === Number(count) && type === 'commits') process.stdout.write('told\n');
});
