// A program as `confer exec` runs one: says what it was given, then what it is told by signals, until it is ended.
const [mode = ''] = process.argv.slice(2);
const { HTTP_PORT, NAME } = process.env;

for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGQUIT', 'SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    process.stdout.write(`${process.pid} got ${signal}\n`);
    if (signal === 'SIGTERM' && mode !== 'stubborn') process.exit(0);
  });
setInterval(() => {}, 1_000_000);
process.stdout.write(`${process.pid} started port=${HTTP_PORT} name=${NAME}\n`);
