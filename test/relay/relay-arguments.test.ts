import { describe, expect, it } from 'vitest';
import { OFFERED_FILTERS } from '../../src/relay/capture-tool.ts';
import { readServeArguments, readTapArguments } from '../../src/relay/relay-arguments.ts';

const RING = 64 * 2 ** 20;
const loopback = { address: '127.0.0.1', port: 8461, another: true };

describe('arguments of tap', () => {
  it('name interfaces, with the filter of CoAP unless another is given', () => {
    expect(readTapArguments(['lo', 'eth0', 'lo'])).toEqual({
      listen: loopback,
      keep: { ringBytes: RING, file: undefined },
      wish: { kind: 'interfaces', names: ['lo', 'eth0'], filter: OFFERED_FILTERS[0]!.filter },
    });
    expect(readTapArguments(['lo', '--filter', '']).wish).toMatchObject({ filter: '' });
    expect(readTapArguments(['lo', '--filter', ' udp ']).wish).toMatchObject({ filter: 'udp' });
  });

  it('name a stream, a file and a size', () => {
    expect(readTapArguments(['-', '--ring', '1.5MiB', '--write', 'a.pcapng'])).toMatchObject({
      keep: { ringBytes: 1.5 * 2 ** 20, file: 'a.pcapng' },
      wish: { kind: 'standard input' },
    });
    expect(readTapArguments(['--pipe', '/tmp/p']).wish).toEqual({ kind: 'pipe', path: '/tmp/p' });
    expect(readTapArguments(['--log', 'server.log']).wish).toEqual({ kind: 'log', path: 'server.log' });
    expect(readTapArguments(['--interfaces']).wish).toBeUndefined();
  });

  it.each([
    [['lo', '-'], /one source/],
    [['lo', '--log', 'a'], /one source/],
    [['-', '--filter', 'udp'], /--filter is for interfaces/],
    [['--replay', 'a', '--filter', 'udp'], /--filter is of a capture/],
    [['--replay', 'a', '--write', 'b'], /--write is of a capture/],
    [['lo', '--ring', '64'], /--ring 64: .*1MiB to 4GiB/],
    [['lo', '--ring', '5GiB'], /1MiB to 4GiB/],
    [['lo', '--ring', 'much'], /64MiB/],
    [['lo', '--filter', 'x'.repeat(1001)], /1000 characters/],
  ])('are refused: %j', (argv, words) => {
    expect(() => readTapArguments(argv)).toThrow(words);
  });
});

describe('where to listen', () => {
  it('is loopback, or an address with a certificate or the word', () => {
    const tls = ['--tls-cert', 'c.pem', '--tls-key', 'k.pem'];
    expect(readTapArguments(['lo', '--listen', '192.0.2.1:99', ...tls]).listen).toEqual({
      address: '192.0.2.1',
      port: 99,
      another: false,
      tls: { certificate: 'c.pem', key: 'k.pem' },
    });
    expect(readTapArguments(['lo', '--listen', '[2001:db8::1]', '--insecure-listen']).listen).toEqual({
      address: '2001:db8::1',
      port: 8461,
      another: true,
    });
    for (const address of ['127.0.0.1:0', '127.1.2.3', 'localhost:1', '[::1]:5'])
      expect(() => readServeArguments(['--listen', address])).not.toThrow();
  });

  it.each([
    [['--listen', '0.0.0.0:8460'], /--tls-cert FILE .*--insecure-listen/],
    [['--listen', '[::]'], /--insecure-listen/],
    [['--listen', '127.0.0.1.example.org'], /--insecure-listen/],
    [['--listen', 'a:b:c'], /address is such as/],
    [['--listen', '127.0.0.1:70000'], /--listen 70000: a port/],
    [['--listen', '127.0.0.1:1', '--port', '2'], /leave out --port/],
    [['--tls-cert', 'a'], /belong together/],
    [['--insecure-listen'], /is for --listen/],
    [['--pipe', 'a'], /--pipe is of tap/],
    [['--interfaces'], /--interfaces is of tap/],
  ])('is refused: %j', (argv, words) => {
    expect(() => readServeArguments(argv)).toThrow(words);
  });
});
