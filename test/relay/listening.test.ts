import { describe, expect, it } from 'vitest';
import { AccessToken } from '../../src/relay/access-token.ts';
import { isLoopback } from '../../src/relay/listening.ts';

describe('isLoopback', () => {
  it('knows the addresses that only this machine reaches', () => {
    for (const address of ['localhost', '127.0.0.1', '127.9.8.7', '::1'])
      expect(isLoopback(address)).toBe(true);
    for (const address of [
      '0.0.0.0',
      '::',
      '10.0.0.1',
      'localhost.example.org',
      '127.0.0.1.nip.io',
      '1127.0.0.1',
    ])
      expect(isLoopback(address)).toBe(false);
  });
});

describe('AccessToken', () => {
  it('is another one each time, of 144 bits', () => {
    const texts = new Set(Array.from({ length: 100 }, () => new AccessToken().text));
    expect(texts.size).toBe(100);
    for (const text of texts) expect(text).toMatch(/^[\w-]{24}$/);
  });

  it('is found in a request target, and nothing else is', () => {
    const token = new AccessToken();
    const { text } = token;
    for (const target of [`/live?token=${text}`, `/live?a=b&token=${text}`, `/live?token=${text}&stream=1`])
      expect(token.isIn(target), target).toBe(true);
    for (const target of [
      undefined,
      '/live',
      `/live#token=${text}`,
      '/live?token=',
      `/live?token=${text.slice(1)}`,
      `/live?token=${text}x`,
      `/live?token=${text.toLowerCase()}x`,
      `/live?token=${'x'.repeat(5000)}`,
      `/live?tokens=${text}`,
      `/live?token=wrong&token=${text}`,
      '/live?token=%00',
      '/live?token=%',
    ])
      expect(token.isIn(target), target).toBe(false);
  });
});
