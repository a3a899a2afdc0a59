import type { Redirection } from 'unbash';
import { CommandLineError } from '../errors.ts';
import type { PlannedRedirect } from './plan.ts';
import { staticWord } from './word.ts';

/** @throws {CommandLineError} for everything but files and copies of stdout and stderr. */
export function planRedirect(line: string, redirect: Redirection): PlannedRedirect {
  const part = line.slice(redirect.pos, redirect.end);
  const refuse = (problem: string): never => {
    throw new CommandLineError(redirect.pos, part, problem, REDIRECTS);
  };
  if (redirect.type !== 'Redirect') return refuse('here documents are not allowed; pass the text as stdin');
  const { descriptor, operator, target } = redirect;
  if (!target) return refuse('the target is missing');
  if (descriptor && descriptor.type !== 'FileDescriptor')
    return refuse('only streams 0, 1 and 2 can be redirected');
  const fd = descriptor?.value ?? (operator === '<' ? 0 : 1);
  if (operator === '<') {
    if (fd !== 0) return refuse('only stream 0 can be read');
    return { fd, mode: 'read', target: path() };
  }
  if (fd !== 1 && fd !== 2) return refuse('only streams 1 and 2 can be written');
  if (operator === '>' || operator === '>>')
    return { fd, mode: operator === '>' ? 'write' : 'append', target: path() };
  if (operator === '>&' && target.text === '1') return { fd, mode: 'duplicate', target: 1 };
  if (operator === '>&' && target.text === '2') return { fd, mode: 'duplicate', target: 2 };
  return refuse(`${operator} is not allowed`);

  function path(): string {
    const file = target ? staticWord(line, target) : '';
    if (file === '') return refuse('the target is empty');
    // bash opens connections for these.
    if (/^\/dev\/(?:tcp|udp|fd|std)/.test(file)) return refuse(`${file} is no file`);
    return file;
  }
}

const REDIRECTS = 'Allowed: < file, > file, >> file, 2> file, 2>> file, 2>&1 and >&2.';
