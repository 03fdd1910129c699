import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { TributaryError } from '../../src/core/errors';
import { environmentName, loadNodeConfig } from '../../src/node/nodeConfig';

const required = { roles: 'sequencer,batcher', l1: 'http://127.0.0.1:8545', deployment: 'd.json', dataDir: 'data' };

function configFile(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'tributary-config-')), 'node.json');
  writeFileSync(path, content);
  return path;
}

function failure(action: () => unknown): TributaryError {
  try {
    action();
  } catch (error) {
    if (error instanceof TributaryError) return error;
    throw error;
  }
  throw new TributaryError('Test.NoError', 'expected an error, got none');
}

describe('loadNodeConfig', () => {
  it('takes a flag over the environment over the file', () => {
    const path = configFile(JSON.stringify({ ...required, port: 1, host: '0.0.0.0', batchAgeMsMax: 7 }));
    const config = loadNodeConfig({ port: 3 }, { TRIBUTARY_PORT: '2', TRIBUTARY_BATCH_AGE_MS_MAX: '9' }, path);
    expect(config).to.include({ port: 3, batchAgeMsMax: 9, host: '0.0.0.0' });
    expect(config.roles).to.deep.equal(['sequencer', 'batcher']);
  });

  it('executes in parallel where nothing else is said', () => {
    expect(loadNodeConfig(required, {})).to.include({ executor: 'parallel', crossCheck: false });
    expect(loadNodeConfig(required, {}).workers).to.equal(undefined);
    expect(loadNodeConfig(required, { TRIBUTARY_EXECUTOR: 'sequential' }).executor).to.equal('sequential');
  });

  it('names each wrong field, where it came from and what was expected', () => {
    const error = failure(() => loadNodeConfig({ ...required, port: 70_000 }, { TRIBUTARY_L1_CONFIRMATIONS: 'many' }));
    expect(error.code).to.equal('Node.InvalidConfig');
    expect(error.metaMessages.join('\n')).to.match(/port \(flag\): .*65535, got 70000/);
    const mistyped = failure(() => loadNodeConfig({ ...required, roles: 'sequencer,verifyer' }, {}));
    expect(mistyped.message).to.match(/roles\.1 \(flag\): .*"verifier".*, got "verifyer"/);
    expect(error.metaMessages.join('\n')).to.match(/l1Confirmations \(environment\): .*number/);
  });

  it('names a setting that does not exist', () => {
    const path = configFile(JSON.stringify({ ...required, prot: 1 }));
    expect(failure(() => loadNodeConfig({}, {}, path)).message).to.contain('"prot"');
  });

  it('refuses a verifier beside the sequencer that it should check', () => {
    const error = failure(() => loadNodeConfig({ ...required, roles: 'sequencer,verifier' }, {}));
    expect(error.message).to.contain('a verifier trusts nothing but L1');
  });

  it('lets a batcher run apart from the sequencer that it follows, and says what it needs for that', () => {
    const url = 'http://10.0.0.1:9545';
    const apart = { ...required, roles: 'batcher,proposer' };
    expect(loadNodeConfig({ ...apart, sequencer: url }, {})).to.deep.include({ sequencer: url });
    expect(failure(() => loadNodeConfig(apart, {})).message).to.contain('give its JSON-RPC URL');
    const beside = failure(() => loadNodeConfig({ ...required, sequencer: url }, {}));
    expect(beside.message).to.contain('only a batcher on a node of its own follows a sequencer');
    const both = failure(() => loadNodeConfig({ ...apart, roles: 'batcher,verifier', sequencer: url }, {}));
    expect(both.message).to.contain('batcher and verifier need separate nodes');
    expect(loadNodeConfig({ ...required, roles: 'verifier,proposer' }, {}).roles).to.deep.equal([
      'verifier',
      'proposer',
    ]);
  });

  it('says when the file is missing or is not JSON', () => {
    expect(failure(() => loadNodeConfig({}, {}, '/nowhere/node.json')).code).to.equal('Node.ConfigMissing');
    expect(failure(() => loadNodeConfig({}, {}, configFile('{'))).code).to.equal('Node.ConfigUnreadable');
  });

  it('derives environment names from field names', () => {
    expect(environmentName('batchAgeMsMax')).to.equal('TRIBUTARY_BATCH_AGE_MS_MAX');
    expect(environmentName('l1')).to.equal('TRIBUTARY_L1');
  });
});
