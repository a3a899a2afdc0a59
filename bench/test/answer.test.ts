import { describe, expect, test } from 'vitest';
import { headerOf, readAnswer } from '../src/load/answer.ts';

const read = (text: string) => readAnswer(Buffer.from(text));

describe('readAnswer', () => {
  test('a body ends where Content-Length says, counted in bytes', () => {
    const answer = read('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nüü');
    expect(answer).toMatchObject({ status: 200, body: 'üü' });
  });

  test('chunks are put together', () => {
    const answer = read(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    );
    expect(answer?.body).toBe('abcde');
  });

  test.each([
    'HTTP/1.1 200 OK\r\nContent-Len',
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n',
  ])('an incomplete response is awaited: %j', (text) => {
    expect(read(text)).toBeUndefined();
  });

  test('a second response nobody asked for is an error', () => {
    expect(() => read('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc')).toThrow('More bytes');
  });

  test('a response without an end is an error', () => {
    expect(() => read('HTTP/1.1 200 OK\r\n\r\nabc')).toThrow('without Content-Length');
  });
});

test('a header is found in any case', () => {
  const answer = read('HTTP/1.1 202 Accepted\r\nMcp-Session-ID: s1\r\nContent-Length: 0\r\n\r\n');
  expect(answer && headerOf(answer, 'mcp-session-id')).toBe('s1');
});
