import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Operation, type OperationCode } from '../../src/lwm2m/operation.ts';
import { queryParameters } from '../../src/lwm2m/query-parameters.ts';

const texts = (operation: OperationCode, query: string): string[] =>
  queryParameters(operation, query).map(
    ({ label, value, isWrong }) => `${label}: ${value}${isWrong ? ' (!)' : ''}`,
  );

describe('queryParameters', () => {
  it.each<[string, OperationCode, string, string[]]>([
    ['Register of 1.1', Operation.register, 'ep=dev1&lt=300&lwm2m=1.1&b=UT&Q&sms=491511234567&pid=oma:1',
      ['Endpoint client name: dev1', 'Lifetime: 300 s', 'LwM2M version: 1.1', 'Binding mode: UT', 'Queue mode: yes', 'SMS number: 491511234567', 'Profile: oma:1']],
    ['Register of 1.0', Operation.register, 'ep=a%26b&b=UQS', ['Endpoint client name: a&b', 'Binding mode: UQS']],
    ['Update', Operation.update, 'lt=0&b=U', ['Lifetime: 0 s', 'Binding mode: U']],
    ['Bootstrap-Request', Operation.bootstrapRequest, 'ep=dev1&pct=112', ['Endpoint client name: dev1', 'Preferred content format: 112 SenML CBOR']],
    ['Bootstrap-Pack-Request', Operation.bootstrapPackRequest, 'ep=dev1&acc=</0/1>', ['Endpoint client name: dev1', 'Accounts: </0/1>']],
    ['Write-Attributes', Operation.writeAttributes, 'pmin=1&pmax=60&epmin=2&epmax=3&gt=21.5&lt=-40&st=1e-3&edge=1&con=0&hqmax=10',
      ['Minimum period: 1 s', 'Maximum period: 60 s', 'Minimum evaluation period: 2 s', 'Maximum evaluation period: 3 s', 'Greater than: 21.5', 'Less than: -40', 'Step: 1e-3', 'Edge: rising', 'Confirmable notifications: no', 'Notifications kept at most: 10']],
    ['Write-Attributes that takes away', Operation.writeAttributes, 'pmin&gt=&edge', ['Minimum period: unset', 'Greater than: unset', 'Edge: unset']],
    ['Observe of 1.2', Operation.observe, 'pmin=5&edge=0&con=1', ['Minimum period: 5 s', 'Edge: falling', 'Confirmable notifications: yes']],
    ['Observe-Composite', Operation.observeComposite, 'pmax=30', ['Maximum period: 30 s']],
    ['Discover of 1.2', Operation.discover, 'depth=3', ['Depth: 3']],
    ['values that are wrong', Operation.register, 'lt=soon&lwm2m=1&b=X&Q=1&sms=+49&ep', ['Lifetime: soon (!)', 'LwM2M version: 1 (!)', 'Binding mode: X (!)', 'Queue mode: 1 (!)', 'SMS number: +49 (!)', 'Endpoint client name: without a value (!)']],
    ['attributes that are wrong', Operation.writeAttributes, 'pmin=-1&pmax=1.5&gt=warm&edge=2&con=yes', ['Minimum period: -1 (!)', 'Maximum period: 1.5 (!)', 'Greater than: warm (!)', 'Edge: 2 (!)', 'Confirmable notifications: yes (!)']],
    ['a depth that is wrong', Operation.discover, 'depth=4&depth', ['Depth: 4 (!)', 'Depth: without a value (!)']],
    ['names that the operation does not define', Operation.writeAttributes, 'ep=dev1&depth=1&toString=1&=&', []],
    ['an operation without parameters', Operation.read, 'pmin=1', []],
  ])('%s', (_what, operation, query, expected) => {
    expect(texts(operation, query)).toEqual(expected);
  }); // prettier-ignore

  it('gives a result for every text', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom(...Object.values(Operation)), (text, operation) => {
        expect(queryParameters(operation, text).length).toBeLessThanOrEqual(64);
      }),
    );
  });
});
