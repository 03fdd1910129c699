import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import {
  BOUND_CONTRACTS,
  type BoundContract,
  renderRuntimeArtifact,
  runtimeArtifactPath,
} from '../../scripts/generateBindings';
import { hasErrorCode } from '../../src/core/errors';
import { loadContractArtifact } from '../../src/l1/contractArtifacts';

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('loadContractArtifact', () => {
  it('reads what the compiler made of every contract last: build again if not', () => {
    for (const name of Object.keys(BOUND_CONTRACTS) as BoundContract[]) {
      expect(loadContractArtifact(name), name).to.deep.equal(JSON.parse(renderRuntimeArtifact(name)));
    }
  });

  it('says that the package was not built when there is none', () => {
    const error = thrownBy(() => loadContractArtifact('NoSuchContract'));
    expect(hasErrorCode(error, 'L1.ArtifactMissing'), String(error)).to.equal(true);
  });

  const broken = { 'no JSON': '{', 'no ABI': '{"bytecode":"0x00","deployedBytecode":"0x00"}', 'no code': '{"abi":[]}' };
  for (const [what, text] of Object.entries(broken)) {
    it(`refuses a file with ${what}`, () => {
      const name = `Broken${process.pid}`;
      const path = runtimeArtifactPath(name as BoundContract);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      try {
        const error = thrownBy(() => loadContractArtifact(name));
        expect(hasErrorCode(error, 'L1.ArtifactInvalid'), String(error)).to.equal(true);
      } finally {
        rmSync(path);
      }
    });
  }
});
