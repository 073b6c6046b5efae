import { expect, test } from 'vitest';
import { type Flags, fromFlags } from './from-flags.ts';
import { Reload, type Running } from './reload.ts';
import { Resolved } from './resolved.ts';

/** A server whose settings are flags that change, with what was done and said. */
function scene(begun: Flags) {
  let flags = begun;
  const said: string[] = [];
  const read = async () => new Resolved([fromFlags(flags, '/')]);
  const running: Running = {
    settings: new Resolved([fromFlags(begun, '/')]),
    read,
    check: async () => [],
    apply: async ({ retention }) => void said.push(`applied ${retention?.ageMs}`),
    log: (level, message, fields) =>
      said.push([level, message, ...Object.values(fields ?? {})].join(' | ')),
  };
  const become = (next: Flags) => {
    flags = next;
    return said.splice(0);
  };
  return { running, said, become };
}

test('a reload goes by what changed, and says what that was', async () => {
  const { running, said, become } = scene({ keepAge: '1h' });
  const reload = new Reload(running);
  become({ keepAge: '2h', publicHost: ['a.example'] });
  await reload.ask();
  expect(said).toEqual([
    'applied 7200000',
    'info | the settings were read again | keep.age,public-host',
  ]);
  become({ keepAge: '2h', publicHost: ['a.example'] });
  await reload.ask();
  expect(said.at(-1)).toBe('info | the settings were read again | nothing');
});

test('what needs a restart is named each time, until there was one or it is as it was', async () => {
  const { running, said, become } = scene({ keepAge: '1h' });
  const reload = new Reload(running);
  for (let i = 0; i < 2; i++) {
    become({ keepAge: '1h', listen: '127.0.0.1:1', auth: 'on' });
    await reload.ask();
    expect(said.at(-1)).toBe(
      'warn | these settings have changed, and need a restart | listen,auth.mode',
    );
  }
  become({ keepAge: '1h' });
  await reload.ask();
  expect(said.at(-1)).toBe('info | the settings were read again | nothing');
});

test.each<[string, Partial<Running>, Flags]>([
  ['is no setting', {}, { keepAge: 'x' }],
  ['contradicts itself', {}, { tlsCert: 'x' }],
  ['the server would not start with', { check: async () => ['no'] }, { listen: '127.0.0.1:1' }],
  ['the server does not take', { apply: () => Promise.reject(new Error('no')) }, { keepAge: '9h' }],
])('what %s leaves all as it was', async (_, other, flags) => {
  const { running, said, become } = scene({});
  let isGood = false;
  const apply: Running['apply'] = (...all) =>
    (isGood ? running : { ...running, ...other }).apply(...all);
  const reload = new Reload({ ...running, ...other, apply });
  become(flags);
  await reload.ask();
  expect(said).toEqual([expect.stringMatching(/^error \| the settings stay as they were: /)]);
  isGood = true;
  become({ keepAge: '3h' });
  await reload.ask();
  expect(said).toContain('info | the settings were read again | keep.age');
});

test('who asks while one is under way gets another one after it, and never two at once', async () => {
  const { running, become } = scene({});
  let reading = 0;
  let most = 0;
  let reads = 0;
  const reload = new Reload({
    ...running,
    read: async () => {
      reads++;
      most = Math.max(most, ++reading);
      await new Promise((resume) => setImmediate(resume));
      reading--;
      return running.read();
    },
  });
  const first = reload.ask();
  become({ keepAge: '5h' });
  await Promise.all([first, reload.ask(), reload.ask()]);
  expect([most, reads]).toEqual([1, 2]);
});
