import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES } from '../captures.ts';
import { cli } from './cli-run.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
// Inside the project, so that the program finds its packages.
mkdirSync(join(root, 'test-results'), { recursive: true });
const built = mkdtempSync(join(root, 'test-results/cli-'));
const program = join(built, 'bin/lwm2m-scope.js');
const spools = mkdtempSync(join(tmpdir(), 'lwm2m-scope-test-'));
const LARGE = join(FIXTURES, 'leshan/leshan-fota-fail-a.pcapng');
const GZIP = join(FIXTURES, 'other/der-gzip-a.pcap.gz');

beforeAll(() => {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const args = ['build', '--config', 'vite.node.config.ts', '--outDir', built, '--logLevel', 'error'];
  execFileSync(process.execPath, [vite, ...args], { cwd: root, stdio: 'pipe' });
}, 120_000);

afterAll(() => {
  rmSync(built, { recursive: true, force: true });
  rmSync(spools, { recursive: true, force: true });
});

const env = { ...process.env, TMPDIR: spools };

function run(args: readonly string[], input?: Uint8Array): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env,
    ...(input && { input }),
  });
  return { code: status, out: stdout, err: stderr };
}

const hasShell = existsSync('/bin/bash');

describe('the program', () => {
  it('prints the records and ends with 0', async () => {
    expect(run(['messages', LARGE])).toEqual(await cli(['messages', LARGE]));
  });

  it('ends with 2 where it cannot read', () => {
    const { code, out, err } = run(['messages', join(spools, 'absent')]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^lwm2m-scope: [^\n]+\n$/);
  });

  it('reads standard input', async () => {
    const { out } = await cli(['messages', GZIP]);
    expect(run(['messages', '-'], readFileSync(GZIP))).toEqual({ code: 0, out, err: '' });
  });

  it('ends quietly when its reader has seen enough', async () => {
    const child = spawn(process.execPath, [program, 'messages', LARGE], { env });
    let err = '';
    child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
    const code = await new Promise((done) => {
      child.on('close', done);
      child.stdout.once('data', () => child.stdout.destroy());
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it.skipIf(!hasShell)('ends quietly in a pipe to head (skipped without a shell)', () => {
    const command = `"$0" "$1" messages "$2" | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('/bin/bash', ['-c', command, process.execPath, program, LARGE], {
      encoding: 'utf8',
      env,
    });
    const [first, code] = stdout.split('\n');
    expect(JSON.parse(first!)).toMatchObject({ id: '1.1.0' });
    expect({ code, stderr }).toEqual({ code: '0', stderr: '' });
  });

  it('ends when its reader has seen enough of a capture that goes on', async () => {
    const child = spawn(process.execPath, [program, 'messages', '--follow', '-'], { env });
    child.stdin.on('error', () => undefined);
    child.stdin.write(readFileSync(LARGE).subarray(0, 50_000));
    let err = '';
    child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
    const code = await new Promise((done) => {
      child.on('close', done);
      child.stdout.once('data', () => {
        child.stdout.destroy();
        // The program hears of it with what it writes next; its input stays open.
        child.stdin.write(readFileSync(LARGE).subarray(50_000));
      });
    });
    expect({ code, err }).toEqual({ code: 0, err: '' });
  });

  it.skipIf(!hasShell)('reads what comes through a named pipe (skipped without a shell)', async () => {
    for (const path of [LARGE, GZIP]) {
      const { stdout, stderr, status } = spawnSync(
        '/bin/bash',
        ['-c', `"$0" "$1" messages <(cat "$2")`, process.execPath, program, path],
        { encoding: 'utf8', env, maxBuffer: 1 << 28 },
      );
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toBe((await cli(['messages', path])).out);
    }
  });

  it.skipIf(!existsSync('/dev/full'))('says that there is no room (skipped without /dev/full)', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [program, 'messages', LARGE], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^lwm2m-scope: [^\n]*ENOSPC[^\n]*\n$/);
  });

  it('leaves no spool behind, even when it is killed', async () => {
    const child = spawn(process.execPath, [program, 'messages', '-'], { env });
    child.stdin.write(readFileSync(LARGE).subarray(0, 50_000));
    // The spool is there once the stream's beginning was read.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const closed = new Promise((done) => child.on('close', done));
    child.kill('SIGKILL');
    await closed;
    expect(readdirSync(spools)).toEqual([]);
  });

  const hasTerminal = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
  it.skipIf(!hasTerminal)('writes text on a terminal (skipped without script)', async () => {
    const line = [process.execPath, program, 'messages', GZIP].map((word) => `'${word}'`).join(' ');
    const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], { encoding: 'utf8', env });
    const { out } = await cli(['messages', '--format', 'text', GZIP]);
    expect(stdout.replaceAll('\r', '')).toBe(out);
  });

  it('says its version, and helps', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    expect(run(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
    expect(run(['--help'])).toMatchObject({ code: 0, err: '' });
    expect(run(['messages', '--help']).out).toContain('--filter EXPR');
    const { code, out, err } = run([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('--help');
  });
});
