// What the server offers, as the official client sees it: over both transports and in both eras of the protocol.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { processesWith, uniqueSeconds, waitForProcesses } from '../processes.ts';
import { temporaryDirectory } from './at-end.ts';
import { connectHttp, connectStdio, eras } from './clients.ts';
import { startHttp, type HttpTerminal, withShell } from './terminal.ts';

const base = temporaryDirectory();
const root = join(base, 'workspace');
const ARGUMENTS = ['--data', base, ...withShell()];

const errorMeta = z.object({ 'toolyard/error': z.object({ code: z.string() }) });
const errorCode = (meta: unknown) => errorMeta.parse(meta)['toolyard/error'].code;

let http: HttpTerminal;

beforeAll(async () => {
  mkdirSync(join(root, 'notes'), { recursive: true });
  writeFileSync(join(base, 'secret'), 'sesame');
  writeFileSync(join(root, 'notes', 'today.md'), 'Buy milk.\n');
  writeFileSync(join(root, 'näch stes.txt'), 'Grüße');
  symlinkSync(join(base, 'secret'), join(root, 'link'));
  http = await startHttp(ARGUMENTS);
});

describe.concurrent.each(['http', 'stdio'] as const)('over %s', (transport) => {
  describe.concurrent.each(eras)('%s', (era, mode) => {
    let client: Client;
    beforeAll(async () => {
      client = await (transport === 'http' ? connectHttp(http.url, mode) : connectStdio(ARGUMENTS, mode));
    });

    const call = (name: string, args: Record<string, unknown> = {}) =>
      client.callTool({ name, arguments: args });
    const failure = async (name: string, args: Record<string, unknown>) => {
      const { isError, _meta } = await call(name, args);
      expect(isError).toBe(true);
      return errorCode(_meta);
    };

    test.concurrent('the server introduces itself in the revision that was asked for', () => {
      expect(client.getNegotiatedProtocolVersion()).toBe(era);
      expect(client.getServerVersion()).toMatchObject({ name: 'terminal-runner', title: 'Terminal runner' });
      expect(client.getInstructions()).toContain('first root');
    });

    test.concurrent(
      'every tool has a title, a description, schemas, and says whether it only reads',
      async () => {
        const { tools } = await client.listTools();
        expect(tools.map(({ name }) => name).toSorted()).toEqual([
          'calculate',
          'context_get',
          'context_set',
          'edit_file',
          'file_info',
          'health',
          'kill',
          'list_files',
          'list_processes',
          'move_file',
          'read_file',
          'read_output',
          'run',
          'run_line',
          'search_files',
          'send_input',
          'signal',
          'start',
          'system_info',
          'wait',
          'write_file',
        ]);
        for (const tool of tools) {
          expect(tool).toMatchObject({
            title: expect.any(String),
            description: expect.stringMatching(/.{30}/),
            inputSchema: { type: 'object' },
            annotations: { readOnlyHint: expect.any(Boolean) },
          });
        }
        expect(tools.filter(({ outputSchema }) => !outputSchema).map(({ name }) => name)).toEqual([
          'read_output',
        ]);
        expect(JSON.stringify(tools.find(({ name }) => name === 'run')?.inputSchema)).toMatch(
          /\bcat\b.*\bsh\b/,
        );
      },
    );

    describe('run', () => {
      test.concurrent('gives output and exit code', async () => {
        const result = await call('run', { program: 'echo', args: ['$HOME', '*'] });
        expect(result).toMatchObject({
          structuredContent: {
            exitCode: 0,
            reason: 'exited',
            stdout: { text: '$HOME *\n', omittedBytes: 0 },
          },
          content: [{ type: 'text', text: '$HOME *\n[exit code 0]' }],
        });
        expect(result.isError).toBeFalsy();
      });

      test.concurrent('a program that fails is an error with its output', async () => {
        const args = ['-c', 'echo out; echo err >&2; exit 3'];
        expect(await call('run', { program: 'sh', args })).toMatchObject({
          isError: true,
          structuredContent: { exitCode: 3, stdout: { text: 'out\n' }, stderr: { text: 'err\n' } },
          content: [{ text: 'out\n[stderr]\nerr\n[exit code 3]' }],
        });
      });

      test.concurrent('passes output on while the program runs', async () => {
        const heard: { progress: number; message: string | undefined }[] = [];
        const args = ['-c', 'echo one; sleep 0.6; echo two'];
        const params = { name: 'run', arguments: { program: 'sh', args } };
        await client.callTool(params, {
          onprogress: ({ progress, message }) => heard.push({ progress, message }),
        });
        expect(heard.map(({ message }) => message)).toEqual(['4 bytes\none\n', '8 bytes\none\ntwo\n']);
        expect(heard[1]!.progress).toBeGreaterThan(heard[0]!.progress);
      });

      test.concurrent('refuses what is not on the list, and paths out of the root', async () => {
        expect(await failure('run', { program: 'rm', args: ['-r', '.'] })).toBe('COMMAND_DENIED');
        expect(await failure('run', { program: 'cat', args: ['../secret'] })).toBe('PATH_OUTSIDE_ROOT');
        expect(await failure('run', { program: 'cat', args: ['link'] })).toBe('PATH_OUTSIDE_ROOT');
        expect(await failure('run', { program: 'sort', args: ['-o', 'x'] })).toBe('COMMAND_DENIED');
        expect(await failure('run', { program: 7 })).toBe('INVALID_ARGUMENTS');
      });

      test.concurrent('ends a program that takes too long, and all it started', async () => {
        const seconds = uniqueSeconds();
        const args = ['-c', `echo begun; sleep ${seconds} & sleep ${seconds}`];
        expect(await call('run', { program: 'sh', args, timeoutMs: 500 })).toMatchObject({
          isError: true,
          structuredContent: { reason: 'timedOut', exitCode: null, stdout: { text: 'begun\n' } },
        });
        expect(processesWith(seconds)).toEqual([]);
      });

      test.concurrent('a cancel ends the program and all it started', async () => {
        const seconds = uniqueSeconds();
        const args = ['-c', `setsid sleep ${seconds} & sleep ${seconds} & sleep ${seconds}`];
        const abort = new AbortController();
        const running = client.callTool(
          { name: 'run', arguments: { program: 'sh', args } },
          { signal: abort.signal },
        );
        const outcome = running.then(
          () => 'answered',
          () => 'given up',
        );
        await waitForProcesses(seconds, 4);
        abort.abort();
        expect(await outcome).toBe('given up');
        await waitForProcesses(seconds, 0);
        expect(await call('run', { program: 'echo' })).toMatchObject({ structuredContent: { exitCode: 0 } });
      });
    });

    test.concurrent('files are written, read, edited, moved, listed and searched', async () => {
      const name = `${transport}-${era}.txt`;
      const path = `new-${transport}-${era}/${name}`;
      expect(await call('write_file', { path, content: 'Grüße\nzwei\n' })).toMatchObject({
        structuredContent: { path, created: true },
      });
      expect(readFileSync(join(root, path), 'utf8')).toBe('Grüße\nzwei\n');
      expect(await failure('write_file', { path, content: 'x' })).toBe('FILE_EXISTS');
      const read = await call('read_file', { path, offset: 2, limit: 1 });
      expect(read).toMatchObject({ structuredContent: { text: 'zwei\n', startLine: 2, endLine: 2 } });
      const { hash: expectedHash } = z.object({ hash: z.string() }).parse(read.structuredContent);
      const edits = [{ find: 'zwei', replace: 'zwo' }];
      expect(await call('edit_file', { path, edits, expectedHash })).toMatchObject({
        structuredContent: { replacements: 1 },
      });
      expect(await failure('edit_file', { path, edits, expectedHash })).toBe('HASH_MISMATCH');
      expect((await call('move_file', { from: path, to: `moved/${name}` })).isError).toBeFalsy();
      expect(await call('list_files', { path: 'moved', include: [name] })).toMatchObject({
        structuredContent: { entries: [{ path: `moved/${name}`, type: 'file' }] },
      });
      expect(await call('search_files', { text: 'zwo', path: `moved/${name}` })).toMatchObject({
        structuredContent: { matches: [{ line: 2, text: 'zwo' }] },
      });
    });

    test.concurrent('nothing outside the root can be reached', async () => {
      for (const path of ['../secret', join(base, 'secret'), '/etc/passwd', 'link'])
        expect(await failure('read_file', { path })).toBe('PATH_OUTSIDE_ROOT');
      expect(await failure('list_files', { path: '..' })).toBe('PATH_OUTSIDE_ROOT');
      expect(await failure('write_file', { path: '../planted', content: 'x' })).toBe('PATH_OUTSIDE_ROOT');
      expect(await failure('write_file', { path: '.git/hooks/pre-commit', content: 'x' })).toBe(
        'PROTECTED_NAME',
      );
      expect(await failure('read_file', { path: 'missing' })).toBe('PATH_NOT_FOUND');
    });

    test.concurrent('expressions are calculated', async () => {
      expect(await call('calculate', { expression: 'sqrt(2) * 3 cm to mm' })).toMatchObject({
        structuredContent: { text: '42.426406871193 mm', type: 'Unit' },
      });
      expect(await call('calculate', { expression: '6 * 7' })).toMatchObject({
        structuredContent: { number: 42 },
      });
      expect(await failure('calculate', { expression: '6 *' })).toBe('EXPRESSION_INVALID');
    });

    test.concurrent('system_info describes the machine', async () => {
      const { structuredContent } = await call('system_info');
      expect(structuredContent).toMatchObject({
        platform: process.platform,
        cpu: { count: expect.any(Number) },
        memory: { totalBytes: expect.any(Number) },
        disk: { freeBytes: expect.any(Number) },
      });
      expect(JSON.stringify(structuredContent)).not.toContain(base);
    });

    test.concurrent('notes are kept by workspace, listed and deleted', async () => {
      const workspace = `${transport} ${era}`;
      const value = { steps: [1, null, 'x'] };
      expect(await call('context_set', { workspace, key: 'goal', value })).toMatchObject({
        structuredContent: { stored: true, keys: ['goal'] },
      });
      expect((await call('context_get', { workspace, key: 'goal' })).structuredContent).toEqual({
        found: true,
        value,
        keys: ['goal'],
      });
      expect(await call('context_get', { workspace: 'another', key: 'goal' })).toMatchObject({
        structuredContent: { found: false, keys: [] },
      });
      expect(await call('context_set', { workspace, key: 'goal' })).toMatchObject({
        structuredContent: { stored: false, keys: [] },
      });
    });

    test.concurrent('the prompt names the symptom and the tools', async () => {
      const { prompts } = await client.listPrompts();
      expect(prompts).toMatchObject([{ name: 'diagnose', arguments: [{ name: 'symptom', required: true }] }]);
      const { messages } = await client.getPrompt({
        name: 'diagnose',
        arguments: { symptom: 'The disk is full.' },
      });
      expect(messages).toMatchObject([{ role: 'user', content: { type: 'text' } }]);
      expect(JSON.stringify(messages)).toMatch(/The disk is full\..*system_info/);
    });

    test.concurrent('files are resources, with completion of their paths', async () => {
      const { resourceTemplates } = await client.listResourceTemplates();
      expect(resourceTemplates).toContainEqual(
        expect.objectContaining({ uriTemplate: 'workspace://{root}/{+path}', mimeType: 'text/plain' }),
      );
      const { resources } = await client.listResources();
      const uri = `workspace://workspace/${encodeURIComponent('näch stes.txt')}`;
      expect(resources).toContainEqual(expect.objectContaining({ uri, name: 'näch stes.txt', size: 7 }));
      expect((await client.readResource({ uri })).contents).toMatchObject([{ uri, text: 'Grüße' }]);
      expect(
        (await client.readResource({ uri: 'workspace://workspace/notes/today.md' })).contents,
      ).toMatchObject([{ mimeType: 'text/plain', text: 'Buy milk.\n' }]);

      const complete = async (value: string) => {
        const ref = { type: 'ref/resource', uri: 'workspace://{root}/{+path}' } as const;
        const context = { arguments: { root: 'workspace' } };
        const { completion } = await client.complete({ ref, argument: { name: 'path', value }, context });
        return completion.values;
      };
      expect(await complete('not')).toEqual(['notes/']);
      expect(await complete('notes/')).toEqual(['notes/today.md']);
      expect(await complete('../')).toEqual([]);
      expect(await complete('missing/')).toEqual([]);
    });

    test.concurrent('a resource that is missing, outside or no file is not found', async () => {
      for (const path of ['missing', '../secret', '..%2Fsecret', 'link', 'notes'])
        await expect(client.readResource({ uri: `workspace://workspace/${path}` })).rejects.toThrow(
          /Resource not found/i,
        );
    });
  });
});

test.concurrent(
  'an endless expression ends after its time, and holds up nothing but other expressions',
  async () => {
    const client = await connectHttp(http.url);
    const settled: string[] = [];
    const calculate = async (expression: string) => {
      const { content } = await client.callTool({ name: 'calculate', arguments: { expression } });
      settled.push(JSON.stringify(content));
    };
    const endless = calculate('f(n) = n < 1 ? 1 : f(n - 1) + f(n - 1); f(60)');
    const next = calculate('1 + 1');
    await client.callTool({ name: 'system_info' });
    expect(settled).toEqual([]);
    await Promise.all([endless, next]);
    expect(settled).toEqual([
      // On a busy machine it meets the limit of memory first.
      expect.stringMatching(/more than 2000 ms|too much memory/),
      expect.stringContaining('2'),
    ]);
  },
);
