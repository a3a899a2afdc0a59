import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { createCalculator, type CalculatorOptions } from '../src/calculate/calculator.ts';

function start(options: CalculatorOptions = {}) {
  const calculator = createCalculator(options);
  onTestFinished(() => calculator.close());
  return calculator;
}

// One thread for all tests that do not wear it out.
const shared = createCalculator();
afterAll(() => shared.close());

const ENDLESS = 'f(n) = n < 1 ? 1 : f(n - 1) + f(n - 1); f(60)';

test.each([
  ['2 + 3 * 4', '14', 'number'],
  ['0.1 + 0.2', '0.3', 'number'],
  ['sqrt(-4)', '2i', 'Complex'],
  ['5.08 cm to inch', '2 inch', 'Unit'],
  ['det([1, 2; 3, 4])', '-2', 'number'],
  ['f(x) = x ^ 2; f(5)', '[25]', 'ResultSet'],
  ['bignumber(2) ^ 100', '1.2676506002282e+30', 'BigNumber'],
  ['1 / 0', 'Infinity', 'number'],
])('%s = %s', async (expression, text, type) => {
  expect(await shared.calculate(expression)).toMatchObject({ text, type });
});

test('a finite number comes as a number too', async () => {
  expect(await shared.calculate('1 / 3')).toMatchObject({ number: 1 / 3 });
  expect(await shared.calculate('1 / 0')).not.toHaveProperty('number');
});

test('says what is wrong with an expression', async () => {
  await expect(shared.calculate('2 +')).rejects.toMatchObject({
    code: 'EXPRESSION_INVALID',
    message: /end of expression/,
  });
  await expect(shared.calculate('nothing(1)')).rejects.toThrow('Undefined function nothing');
  await expect(shared.calculate('')).rejects.toMatchObject({ code: 'EXPRESSION_INVALID' });
});

test('what one expression defines, the next does not see', async () => {
  await shared.calculate('secret = 42');
  await expect(shared.calculate('secret')).rejects.toThrow('Undefined symbol secret');
});

describe('kept from harm', () => {
  test.each([
    'import({a: 1})',
    'createUnit("foo")',
    'evaluate("1")',
    'parse("1")',
    'compile("1")',
    'parser()',
    'simplify("x")',
    'derivative("x^2", "x")',
    'rationalize("x")',
    'chain(1)',
    'config({number: "BigNumber"})',
    'reviver()',
    'help("sin")',
    'typed("f", {})',
    'cos.constructor("return process")()',
    '"".constructor.constructor("return process")()',
    'f(x) = x; f.constructor',
    '[1].map.constructor("return 1")()',
    'process',
    'require("node:fs")',
    'globalThis',
  ])('%s is refused', async (expression) => {
    await expect(shared.calculate(expression)).rejects.toMatchObject({ code: 'EXPRESSION_INVALID' });
  });

  test('an endless expression ends after its time, and the next one works', async () => {
    const calculator = start({ timeoutMs: 200 });
    const next = [calculator.calculate(ENDLESS), calculator.calculate('1 + 1')];
    await expect(next[0]).rejects.toMatchObject({ code: 'CALCULATION_TIMED_OUT' });
    expect(await next[1]).toMatchObject({ text: '2' });
  });

  test('an expression that takes too much memory ends without harm to the server', async () => {
    const calculator = start({ timeoutMs: 30_000, maxMemoryMb: 64 });
    const huge = calculator.calculate('size(map(zeros(4000, 4000), f(x) = [x, x, x]))');
    await expect(huge).rejects.toMatchObject({ code: 'CALCULATION_OUT_OF_MEMORY' });
    expect(await calculator.calculate('1 + 1')).toMatchObject({ text: '2' });
  });

  test('recursion without end is an error of the expression', async () => {
    await expect(start().calculate('f(x) = f(x); f(1)')).rejects.toMatchObject({
      code: 'EXPRESSION_INVALID',
    });
  });

  test('long expressions, long results and long queues are refused', async () => {
    const calculator = start({ maxLength: 20, maxWaiting: 1 });
    await expect(calculator.calculate('1'.repeat(21))).rejects.toMatchObject({ code: 'EXPRESSION_TOO_LONG' });
    await expect(calculator.calculate('zeros(200, 200)')).rejects.toThrow('The result has more than');
    const running = [calculator.calculate('3'), calculator.calculate('4'), calculator.calculate('5')];
    await expect(running[2]).rejects.toMatchObject({ code: 'CALCULATOR_BUSY' });
    expect(await Promise.all(running.slice(0, 2))).toMatchObject([{ text: '3' }, { text: '4' }]);
  });
});

test('a cancel ends the running expression, or takes a waiting one out of the queue', async () => {
  const calculator = start({ timeoutMs: 60_000 });
  await calculator.calculate('1');
  const [first, second] = [new AbortController(), new AbortController()];
  const running = calculator.calculate(ENDLESS, { signal: first.signal });
  const waiting = calculator.calculate('1 + 1', { signal: second.signal });
  const last = calculator.calculate('2 + 2');
  second.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'CALCULATION_CANCELLED' });
  first.abort();
  await expect(running).rejects.toMatchObject({ code: 'CALCULATION_CANCELLED' });
  expect(await last).toMatchObject({ text: '4' });
  await expect(calculator.calculate('1', { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'CALCULATION_CANCELLED',
  });
});

test('close rejects what waits and what comes', async () => {
  const calculator = start();
  const waiting = calculator.calculate('1');
  await Promise.all([
    expect(waiting).rejects.toMatchObject({ code: 'CALCULATOR_CLOSED' }),
    calculator.close(),
  ]);
  await expect(calculator.calculate('1')).rejects.toMatchObject({ code: 'CALCULATOR_CLOSED' });
});
