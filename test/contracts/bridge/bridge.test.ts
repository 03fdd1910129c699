import { loadFixture } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { type ContractTransactionResponse, keccak256, parseEther } from 'ethers';
import { impersonated } from '../deploySystem';
import { deployed, type TestContract } from '../testContract';
import { balanceOf, freshAddress, L2_BRIDGE, twoSides } from './twoSides';

const TO = freshAddress(1);
const GAS = 200_000;

async function withTokens() {
  const sides = await twoSides();
  const token = await deployed('ExampleToken', [10n ** 24n]);
  await token.approve(sides.bridge, 10n ** 24n);
  const twin = await sides.twinOf(await token.getAddress());
  return { ...sides, token, twin };
}

async function messageOf(messenger: TestContract, sent: ContractTransactionResponse) {
  const receipt = await sent.wait();
  const address = await messenger.getAddress();
  const events = (receipt?.logs ?? [])
    .filter((log) => log.address === address)
    .map((log) => messenger.interface.parseLog(log));
  const named = (name: string) => {
    const found = events.find((event) => event?.name === name);
    if (!found) throw new TypeError(`no ${name}`);
    return found.args;
  };
  const { target, sender, message, messageNonce, gasLimit } = named('SentMessage');
  const { value } = named('SentMessageExtension1');
  const args = [messageNonce, sender, target, value, gasLimit, message] as const;
  return { args, hash: keccak256(messenger.interface.encodeFunctionData('relayMessage', args)) };
}

describe('the standard bridge', () => {
  it('brings ETH to L2 and back', async () => {
    const { bridge, l2Bridge, portal, deliverDeposits, deliverWithdrawal, withdrawalsOf, stranger } =
      await loadFixture(withTokens);
    const sent = await bridge.bridgeETHTo(TO, GAS, '0x', { value: parseEther('2') });
    await expect(sent).to.emit(bridge, 'ETHBridgeInitiated');
    const [executed] = await deliverDeposits(sent);
    await expect(executed).to.emit(l2Bridge, 'ETHBridgeFinalized');
    expect(await balanceOf(TO)).to.equal(parseEther('2'));
    expect(await balanceOf(await portal.getAddress())).to.equal(parseEther('2'));

    const back = freshAddress(2);
    const [withdrawal] = await withdrawalsOf(
      await l2Bridge.connect(stranger).bridgeETHTo(back, GAS, '0x', { value: parseEther('1') }),
    );
    await expect(deliverWithdrawal(withdrawal)).to.emit(bridge, 'ETHBridgeFinalized');
    expect(await balanceOf(back)).to.equal(parseEther('1'));
  });

  it('brings tokens to L2 and back, by each name of the calls', async () => {
    const { bridge, l2Bridge, token, twin, deployer, deliverDeposits, deliverWithdrawal, withdrawalsOf } =
      await loadFixture(withTokens);
    await deliverDeposits(await bridge.depositERC20(token, twin, 100, GAS, '0x'));
    await deliverDeposits(await bridge.depositERC20To(token, twin, TO, 10, GAS, '0x'));
    await deliverDeposits(await bridge.bridgeERC20(token, twin, 1, GAS, '0x'));
    expect(await twin.balanceOf(deployer)).to.equal(101n);
    expect(await twin.balanceOf(TO)).to.equal(10n);
    expect(await token.balanceOf(bridge)).to.equal(111n);
    expect(await bridge.deposits(token, twin)).to.equal(111n);

    const before = await token.balanceOf(deployer);
    for (const sent of [
      await l2Bridge.withdraw(twin, 40, GAS, '0x'),
      await l2Bridge.withdrawTo(twin, TO, 5, GAS, '0x'),
      await l2Bridge.bridgeERC20(twin, token, 3, GAS, '0x'),
    ]) {
      const [withdrawal] = await withdrawalsOf(sent);
      await expect(deliverWithdrawal(withdrawal)).to.emit(bridge, 'ERC20BridgeFinalized');
    }
    expect(await token.balanceOf(deployer)).to.equal(before + 43n);
    expect(await token.balanceOf(TO)).to.equal(5n);
    expect(await twin.totalSupply()).to.equal(63n);
    expect(await token.balanceOf(bridge)).to.equal(63n);
  });

  it('refuses calls in a contract’s own name, whose number is another’s on the other chain', async () => {
    const { bridge } = await loadFixture(withTokens);
    const caller = await deployed('Caller');
    const data = bridge.interface.encodeFunctionData('bridgeETH', [GAS, '0x']);
    await expect(caller.relay(bridge, data, { value: 1 }))
      .to.be.revertedWithCustomError(bridge, 'StandardBridgeOnlyOwnAddress')
      .withArgs(await caller.getAddress());
    await expect(caller.relay(bridge, '0x', { value: 1 })).to.be.revertedWithCustomError(
      bridge,
      'StandardBridgeOnlyOwnAddress',
    );
  });

  it('refuses tokens that keep a fee or come back in during the transfer', async () => {
    const { bridge, deployer } = await loadFixture(withTokens);
    const token = await deployed('HostileToken');
    await token.approve(bridge, 1_000);
    await token.setMode(1);
    await expect(bridge.bridgeERC20(token, TO, 100, GAS, '0x'))
      .to.be.revertedWithCustomError(bridge, 'StandardBridgeUnsupportedToken')
      .withArgs(await token.getAddress(), 99, 100);
    await token.setMode(2);
    await expect(bridge.bridgeERC20(token, TO, 100, GAS, '0x')).to.be.revertedWithCustomError(
      bridge,
      'ReentrancyGuardReentrantCall',
    );
    expect(await bridge.deposits(token, TO)).to.equal(0n);
    expect(await token.balanceOf(deployer)).to.equal(1_000_000n);
  });

  it('releases nothing to a false twin that burns nothing', async () => {
    const { bridge, l2Bridge, l2Messenger, messenger, token, twin, ...sides } = await loadFixture(withTokens);
    await sides.deliverDeposits(await bridge.bridgeERC20(token, twin, 500, GAS, '0x'));
    const liar = await deployed('HostileToken');
    await liar.pretendToBeTwinOf(token);
    const sent = await l2Bridge.bridgeERC20To(liar, token, TO, 500, GAS, '0x');
    const { hash } = await messageOf(l2Messenger, sent);
    const [withdrawal] = await sides.withdrawalsOf(sent);
    await expect(sides.deliverWithdrawal(withdrawal)).to.emit(messenger, 'FailedRelayedMessage').withArgs(hash);
    expect(await token.balanceOf(TO)).to.equal(0n);
    expect(await token.balanceOf(bridge)).to.equal(500n);
  });

  it('keeps tokens that can’t be released, and releases them when they can', async () => {
    const { bridge, l2Bridge, l2Messenger, messenger, deployer, ...sides } = await loadFixture(withTokens);
    const token = await deployed('HostileToken');
    const twin = await sides.twinOf(await token.getAddress());
    await token.approve(bridge, 1_000);
    await sides.deliverDeposits(await bridge.bridgeERC20(token, twin, 70, GAS, '0x'));
    const sent = await l2Bridge.bridgeERC20(twin, token, 70, GAS, '0x');
    const { args, hash } = await messageOf(l2Messenger, sent);
    await token.setMode(3);
    const [withdrawal] = await sides.withdrawalsOf(sent);
    await expect(sides.deliverWithdrawal(withdrawal)).to.emit(messenger, 'FailedRelayedMessage').withArgs(hash);
    await token.setMode(0);
    await expect(messenger.relayMessage(...args)).to.emit(bridge, 'ERC20BridgeFinalized');
    expect(await token.balanceOf(deployer)).to.equal(1_000_000n);
    await expect(messenger.relayMessage(...args)).to.be.revertedWithCustomError(messenger, 'MessengerAlreadyRelayed');
  });

  it('mints nothing for a token that is not the twin’s', async () => {
    const { bridge, twin, l2Messenger, deliverDeposits } = await loadFixture(withTokens);
    const worthless = await deployed('HostileToken');
    await worthless.approve(bridge, 100);
    const [executed] = await deliverDeposits(await bridge.bridgeERC20To(worthless, twin, TO, 100, GAS, '0x'));
    await expect(executed).to.emit(l2Messenger, 'FailedRelayedMessage');
    expect(await twin.balanceOf(TO)).to.equal(0n);
  });

  it('lets nobody but the other bridge finish a transfer, not even through the messenger', async () => {
    const { bridge, l2Bridge, twin, token, messenger, l2Messenger, portal, stranger, deliverDeposits } =
      await loadFixture(withTokens);
    const finish = l2Bridge.interface.encodeFunctionData('finalizeBridgeERC20', [
      await twin.getAddress(),
      await token.getAddress(),
      stranger.address,
      stranger.address,
      1_000,
      '0x',
    ]);
    await expect(stranger.sendTransaction({ to: L2_BRIDGE, data: finish })).to.be.reverted;
    const [executed] = await deliverDeposits(await messenger.connect(stranger).sendMessage(L2_BRIDGE, finish, GAS));
    await expect(executed).to.emit(l2Messenger, 'FailedRelayedMessage');
    expect(await twin.totalSupply()).to.equal(0n);
    const asPortal = await impersonated(await portal.getAddress());
    await expect(bridge.connect(asPortal).finalizeBridgeETH(TO, TO, 1, '0x', { value: 1 }))
      .to.be.revertedWithCustomError(bridge, 'StandardBridgeUnauthorized')
      .withArgs(asPortal.address);
    for (const act of ['mint', 'burn'] as const) {
      await expect(twin[act](stranger, 1)).to.be.revertedWithCustomError(twin, 'MintableTokenUnauthorized');
    }
  });
});

describe('the messengers', () => {
  async function withTarget() {
    const sides = await withTokens();
    const onL2 = await deployed('MessageTarget', [await sides.l2Messenger.getAddress()]);
    const onL1 = await deployed('MessageTarget', [await sides.messenger.getAddress()]);
    const call = onL2.interface.encodeFunctionData('receiveMessage');
    // What is withdrawn must have been deposited.
    await sides.deliverDeposits(await sides.bridge.bridgeETHTo(TO, GAS, '0x', { value: 100 }));
    return { ...sides, onL1, onL2, call };
  }

  it('carry a message with its sender and its value, both ways', async () => {
    const { messenger, l2Messenger, onL1, onL2, call, stranger, ...sides } = await loadFixture(withTarget);
    await sides.deliverDeposits(await messenger.connect(stranger).sendMessage(onL2, call, GAS, { value: 7 }));
    expect(await onL2.senderSeen()).to.equal(stranger.address);
    expect(await balanceOf(await onL2.getAddress())).to.equal(7n);
    const sent = await l2Messenger.connect(stranger).sendMessage(onL1, call, GAS, { value: 5 });
    const [withdrawal] = await sides.withdrawalsOf(sent);
    await sides.deliverWithdrawal(withdrawal);
    expect(await onL1.senderSeen()).to.equal(stranger.address);
    expect(await balanceOf(await onL1.getAddress())).to.equal(5n);
    for (const side of [messenger, l2Messenger]) {
      await expect(side.xDomainMessageSender()).to.be.revertedWithCustomError(side, 'MessengerNoMessage');
    }
  });

  it('keep a failed message with its value, and deliver it once when anyone tries again', async () => {
    const { messenger, l2Messenger, onL1, call, stranger, other, ...sides } = await loadFixture(withTarget);
    await onL1.prepare(true, '0x');
    const sent = await l2Messenger.connect(stranger).sendMessage(onL1, call, GAS, { value: 9 });
    const { args, hash } = await messageOf(l2Messenger, sent);
    const anyone = messenger.connect(other);
    await expect(anyone.relayMessage(...args))
      .to.be.revertedWithCustomError(messenger, 'MessengerNotFailed')
      .withArgs(hash);
    const [withdrawal] = await sides.withdrawalsOf(sent);
    await expect(sides.deliverWithdrawal(withdrawal)).to.emit(messenger, 'FailedRelayedMessage').withArgs(hash);
    expect(await balanceOf(await messenger.getAddress())).to.equal(9n);
    await expect(anyone.relayMessage(...args)).to.emit(messenger, 'FailedRelayedMessage');
    await expect(anyone.relayMessage(...args, { value: 9 }))
      .to.be.revertedWithCustomError(messenger, 'MessengerWrongValue')
      .withArgs(9, 0);
    const altered = [args[0], args[1], args[2], 10n, args[4], args[5]] as const;
    await expect(anyone.relayMessage(...altered)).to.be.revertedWithCustomError(messenger, 'MessengerNotFailed');
    await onL1.prepare(false, '0x');
    await expect(anyone.relayMessage(...args))
      .to.emit(messenger, 'RelayedMessage')
      .withArgs(hash);
    expect(await balanceOf(await onL1.getAddress())).to.equal(9n);
    await expect(anyone.relayMessage(...args)).to.be.revertedWithCustomError(messenger, 'MessengerAlreadyRelayed');
    expect(await onL1.calls()).to.equal(1n);
  });

  it('deliver a message once although its target tries to have it again', async () => {
    const { messenger, l2Messenger, onL1, call, stranger, ...sides } = await loadFixture(withTarget);
    await onL1.prepare(true, '0x');
    const sent = await l2Messenger.connect(stranger).sendMessage(onL1, call, GAS * 5, { value: 9 });
    const { args } = await messageOf(l2Messenger, sent);
    const [withdrawal] = await sides.withdrawalsOf(sent);
    await sides.deliverWithdrawal(withdrawal);
    await onL1.prepare(false, messenger.interface.encodeFunctionData('relayMessage', args));
    await messenger.relayMessage(...args);
    expect(messenger.interface.parseError(await onL1.reentryResult())?.name).to.equal('MessengerAlreadyRelayed');
    expect(await onL1.calls()).to.equal(1n);
    expect(await balanceOf(await onL1.getAddress())).to.equal(9n);
  });

  it('give the target the gas that was asked for, from 0 to 10,000,000, on both sides', async () => {
    const { messenger, l2Messenger, onL1, onL2, call, ...sides } = await loadFixture(withTarget);
    for (const gas of [0, 50_000, 3_000_000, 10_000_000]) {
      const [executed] = await sides.deliverDeposits(await messenger.sendMessage(onL2, call, gas));
      await expect(executed, String(gas)).to.emit(l2Messenger, 'RelayedMessage');
      expect(await onL2.gasSeen()).to.be.greaterThan(BigInt(gas) - 1_000n);
    }
    const [withdrawal] = await sides.withdrawalsOf(await l2Messenger.sendMessage(onL1, call, 10_000_000));
    const overhead = 600_000;
    const gasLimit = Math.ceil((Number(withdrawal.gasLimit) * 64) / 63) + overhead;
    await expect(sides.deliverWithdrawal(withdrawal, { gasLimit })).to.emit(messenger, 'RelayedMessage');
    expect(await onL1.gasSeen()).to.be.greaterThan(9_999_000n);
  });

  it('let no relayer make a message fail by too little gas', async () => {
    const { messenger, l2Messenger, onL1, call, stranger, ...sides } = await loadFixture(withTarget);
    const sent = await l2Messenger.connect(stranger).sendMessage(onL1, call, 1_000_000);
    const [withdrawal] = await sides.withdrawalsOf(sent);
    const { hash } = await messageOf(l2Messenger, sent);
    for (const gasLimit of [1_000_000, 1_300_000]) {
      const error = await sides.deliverWithdrawal(withdrawal, { gasLimit }).then(() => '', String);
      expect(error, String(gasLimit)).to.match(/OptimismPortal_InsufficientGas/);
      expect(await messenger.failedMessages(hash)).to.equal(false);
    }
    await expect(sides.deliverWithdrawal(withdrawal, { gasLimit: 2_500_000 })).to.emit(messenger, 'RelayedMessage');
  });

  it('call neither themselves nor the way out', async () => {
    const { messenger, l2Messenger, portal, ...sides } = await loadFixture(withTarget);
    for (const target of [l2Messenger, '0x4200000000000000000000000000000000000016']) {
      const [executed] = await sides.deliverDeposits(await messenger.sendMessage(target, '0x', GAS));
      expect(executed).to.equal(undefined);
    }
    for (const target of [messenger, portal]) {
      const [withdrawal] = await sides.withdrawalsOf(await l2Messenger.sendMessage(target, '0x', GAS));
      const finalized = sides.deliverWithdrawal(withdrawal);
      await expect(finalized)
        .to.emit(portal, 'WithdrawalFinalized')
        .withArgs(() => true, false);
    }
  });

  it('stand still on L1 during a pause', async () => {
    const { messenger, l2Messenger, onL1, call, systemConfig, guardian, ...sides } = await loadFixture(withTarget);
    await onL1.prepare(true, '0x');
    const sent = await l2Messenger.sendMessage(onL1, call, GAS);
    const { args } = await messageOf(l2Messenger, sent);
    const [withdrawal] = await sides.withdrawalsOf(sent);
    await sides.deliverWithdrawal(withdrawal);
    await systemConfig.connect(guardian).pause();
    await expect(messenger.relayMessage(...args)).to.be.revertedWithCustomError(messenger, 'MessengerPaused');
  });
});
