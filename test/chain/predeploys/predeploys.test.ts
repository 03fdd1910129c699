import { setCode, setStorageAt } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { getCreate2Address, getCreateAddress, keccak256, Transaction } from 'ethers';
import { ethers } from 'hardhat';
import { beaconRootsCode } from '../../../src/chain/predeploys/beaconRootsCode';
import { create2DeployerCode } from '../../../src/chain/predeploys/create2DeployerCode';
import { historyStorageCode } from '../../../src/chain/predeploys/historyStorageCode';
import { multicall3Code } from '../../../src/chain/predeploys/multicall3Code';
import { permit2Code } from '../../../src/chain/predeploys/permit2Code';
import { type Predeploy, predeploys } from '../../../src/chain/predeploys/predeploys';
import { fromHex, toHex } from '../../../src/core/bytes';

const CREATE2_DEPLOYER = '0x4e59b44847b379578588920cA78FbF26c0B4956C';
const PERMIT2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3';
const RECIPIENT = '0x00000000000000000000000000000000000A11cE';

/** Address that a presigned legacy creation without chain id gives its contract: whoever changes a byte gets another one. */
function keylessAddress(
  data: string,
  fields: { gasPrice: bigint; gasLimit: bigint; v: 27 | 28; r: string; s: string },
): string {
  const { v, r, s, ...fees } = fields;
  const unsigned = Transaction.from({ type: 0, chainId: 0, nonce: 0, to: null, value: 0, data, ...fees });
  const sender = ethers.recoverAddress(unsigned.unsignedHash, {
    r: ethers.zeroPadValue(r, 32),
    s: ethers.zeroPadValue(s, 32),
    v,
  });
  return getCreateAddress({ from: sender, nonce: 0 });
}

function named(name: string, all: Predeploy[] = predeploys()): Predeploy {
  const found = all.find((predeploy) => predeploy.name === name);
  if (!found) throw new TypeError(`no predeploy ${name}`);
  return found;
}

describe('predeploys', () => {
  it('are at fourteen different addresses with code and without storage unless told', () => {
    const all = predeploys();
    expect(new Set(all.map(({ address }) => toHex(address))).size).to.equal(14);
    for (const { name, code, storage } of all) {
      expect(code.length, name).to.be.greaterThan(0);
      expect(storage, name).to.deep.equal([]);
    }
  });

  it('are the same every time, so that genesis is', () => {
    expect(predeploys()).to.deep.equal(predeploys());
  });

  describe('external code is what the whole world runs', () => {
    const codeHashes = {
      Multicall3: '0xd5c15df687b16f2ff992fc8d767b4216323184a2bbc6ee2f9c398c318e770891',
      Create2Deployer: '0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989',
      Permit2: '0xc67d1657868aa5146eaf24fb879fb1fdec3d2d493b3683a61c9c2f4fb2851131',
      BeaconRoots: '0xf57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c',
      HistoryStorage: '0x6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d',
    };
    for (const [name, hash] of Object.entries(codeHashes)) {
      it(`${name} has mainnet's code hash`, () => {
        expect(keccak256(named(name).code)).to.equal(hash);
      });
    }

    it("Multicall3's address follows from its code and its presigned transaction", () => {
      const initCode = `0x608060405234801561001057600080fd5b50610ee0806100206000396000f3fe${multicall3Code.slice(2)}`;
      const address = keylessAddress(initCode, {
        gasPrice: 100_000_000_000n,
        gasLimit: 1_000_000n,
        v: 28,
        r: '0xedce47092c0f398cebf3ffc267f05c8e7076e3b89445e0fe50f6332273d4569b',
        s: '0x1b0b9d000e19b24c5869b0fc3b22b0d6fa47cd63316875cbbd577d76e6fde086',
      });
      expect(address.toLowerCase()).to.equal(toHex(named('Multicall3').address));
    });

    it("the CREATE2 deployer's address follows from its code and its keyless transaction", () => {
      const twos = `0x${'2'.repeat(64)}`;
      const address = keylessAddress(`0x604580600e600039806000f350fe${create2DeployerCode.slice(2)}`, {
        gasPrice: 100_000_000_000n,
        gasLimit: 100_000n,
        v: 27,
        r: twos,
        s: twos,
      });
      expect(address).to.equal(CREATE2_DEPLOYER);
      expect(toHex(named('Create2Deployer').address)).to.equal(CREATE2_DEPLOYER.toLowerCase());
    });

    it("the beacon roots contract's address follows from EIP-4788's keyless transaction", () => {
      const address = keylessAddress(`0x60618060095f395ff3${beaconRootsCode.slice(2)}`, {
        gasPrice: 1_000_000_000_000n,
        gasLimit: 250_000n,
        v: 27,
        r: '0x0539',
        s: '0x1b9b6eb1f0',
      });
      expect(address.toLowerCase()).to.equal(toHex(named('BeaconRoots').address));
    });

    it("the history contract's address follows from EIP-2935's keyless transaction", () => {
      const address = keylessAddress(`0x60538060095f395ff3${historyStorageCode.slice(2)}`, {
        gasPrice: 1_000_000_000_000n,
        gasLimit: 250_000n,
        v: 27,
        r: '0x0539',
        s: '0x0aa12693182426612186309f02cfe8a80a0000',
      });
      expect(address.toLowerCase()).to.equal(toHex(named('HistoryStorage').address));
    });

    it("Permit2's CREATE2 address follows from its code with mainnet's immutables taken out", () => {
      const separator = keccak256(
        ethers.AbiCoder.defaultAbiCoder().encode(
          ['bytes32', 'bytes32', 'uint256', 'address'],
          [
            ethers.id('EIP712Domain(string name,uint256 chainId,address verifyingContract)'),
            ethers.id('Permit2'),
            1,
            PERMIT2,
          ],
        ),
      );
      const template = Buffer.from(permit2Code.slice(2), 'hex');
      const takeWord = (offset: number) => {
        const word = ethers.hexlify(template.subarray(offset, offset + 32));
        template.fill(0, offset, offset + 32);
        return word;
      };
      expect(takeWord(0x1b47)).to.equal(separator);
      expect(takeWord(0x1b21)).to.equal(ethers.toBeHex(1, 32));
      const constructorCode =
        '60c0346100bb574660a052602081017f8cad95687ba82c2ce50e74f7b754645e5117c3a5bec8151c0726d5857980a866815' +
        '27f9ac997416e8ff9d2ff6bebeb7149f65cdae5e32e2b90440b566bb3044041d36a60408301524660608301523060808301' +
        '526080825260a082019180831060018060401b038411176100a557826040525190206080526123c090816100c1823960805' +
        '181611b47015260a05181611b210152f35b634e487b7160e01b600052604160045260246000fd5b600080fdfe';
      const salt = '0x0000000000000000000000000000000000000000d3af2663da51c10215000000';
      const initCode = `0x${constructorCode}${template.toString('hex')}`;
      expect(getCreate2Address(CREATE2_DEPLOYER, salt, keccak256(initCode))).to.equal(PERMIT2);
    });

    it("Permit2's domain separator is that of the chain it runs on, not mainnet's", async () => {
      await setCode(PERMIT2, permit2Code);
      const permit2 = new ethers.Contract(
        PERMIT2,
        ['function DOMAIN_SEPARATOR() view returns (bytes32)'],
        ethers.provider,
      );
      const { chainId } = await ethers.provider.getNetwork();
      expect(await permit2.DOMAIN_SEPARATOR()).to.equal(
        ethers.TypedDataEncoder.hashDomain({ name: 'Permit2', chainId, verifyingContract: PERMIT2 }),
      );
    });
  });

  it('give the fee vaults the recipient, least amount and network that their contract reads', async () => {
    for (const network of ['l1', 'l2'] as const) {
      const all = predeploys({
        feeVaults: { recipient: fromHex(RECIPIENT), minWithdrawalWei: 5n, network },
      });
      const { address, code, storage } = named('SequencerFeeVault', all);
      await setCode(toHex(address), toHex(code));
      for (const { slot, value } of storage) await setStorageAt(toHex(address), toHex(slot), toHex(value));
      const vault = await ethers.getContractAt('SequencerFeeVault', toHex(address));
      expect(await vault.RECIPIENT()).to.equal(RECIPIENT);
      expect(await vault.MIN_WITHDRAWAL_AMOUNT()).to.equal(5n);
      expect(await vault.WITHDRAWAL_NETWORK()).to.equal(network === 'l1' ? 0n : 1n);
    }
  });
});
