import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { type Address, formatEther, type Hash, isAddress, isHash, parseEther } from 'viem';
import { readDeployment } from '../../node/readDeployment';
import { type ConnectedUser, connectUser, connectViewer } from '../../sdk/connectUser';
import { completeWithdrawal, depositEther, initiateEtherWithdrawal, withdrawalStatus } from '../../sdk/moveEther';
import { userAccount } from '../userAccount';

interface TransferFlags {
  deployment: string;
  to?: Address;
}

const DEPLOYMENT = '.tributary/dev/deployment.json';
const STAGES = ['waiting-to-prove', 'ready-to-prove', 'waiting-to-finalize', 'ready-to-finalize', 'finalized'];
const EXAMPLES = `
The private key is read from TRIBUTARY_KEY; "withdraw status" needs none.

Examples:
  $ tributary deposit 1.5                        1.5 ETH from L1 to the same account on L2
  $ tributary withdraw 0.5 --to 0x…              starts a withdrawal, prints its transaction
  $ tributary withdraw status 0x…                how far it is
  $ tributary withdraw finalize 0x…              proves it, waits, and takes the money out`;

/** `tributary deposit` and `tributary withdraw`: ETH between the chains. */
export function registerTransferCommands(program: Command): void {
  withCommonOptions(program.command('deposit'))
    .description('bring ETH from L1 to L2')
    .argument('<eth>', 'how much', etherArgument)
    .action(async (amountWei: bigint, flags: TransferFlags) => {
      const user = connect(flags);
      const to = flags.to ?? user.account.address;
      const { l1Hash, l2Hash } = await depositEther(user, to, amountWei);
      print(`deposited ${formatEther(amountWei)} ETH for ${to}\n  L1 ${l1Hash}\n  L2 ${l2Hash}`);
    });

  const withdraw = withCommonOptions(program.command('withdraw'))
    .description('bring ETH from L2 to L1')
    .argument('<eth>', 'how much', etherArgument)
    .action(async (amountWei: bigint, flags: TransferFlags) => {
      const user = connect(flags);
      const hash = await initiateEtherWithdrawal(user, flags.to ?? user.account.address, amountWei);
      const where = flags.deployment === DEPLOYMENT ? '' : ` --deployment ${flags.deployment}`;
      const next = `tributary withdraw finalize ${hash}${where}`;
      print(`withdrawal of ${formatEther(amountWei)} ETH started\n  L2 ${hash}\n  go on with: ${next}`);
    });
  withdraw
    .command('status')
    .description('how far a withdrawal is')
    .argument('<transaction>', 'the L2 transaction that started it', hashArgument)
    .action(async (hash: Hash, _flags: unknown, command: Command) => {
      const { deployment } = command.optsWithGlobals<TransferFlags>();
      print(await withdrawalStatus(connectViewer(readDeployment(deployment)), hash));
    });
  withdraw
    .command('finalize')
    .description('take a withdrawal to its end: prove it, wait, take the money out; may be stopped and run again')
    .argument('<transaction>', 'the L2 transaction that started it', hashArgument)
    .action(async (hash: Hash, _flags: unknown, command: Command) => {
      await completeWithdrawal(connect(command.optsWithGlobals()), hash, (status) => {
        const done = STAGES.indexOf(status) + 1;
        print(`${'█'.repeat(done * 4)}${'░'.repeat((STAGES.length - done) * 4)} ${done}/${STAGES.length} ${status}`);
      });
    });
}

function withCommonOptions(command: Command): Command {
  return command
    .option('--deployment <file>', 'deployment.json of the chain', DEPLOYMENT)
    .option('--to <address>', 'who gets it (default: the same account)', addressArgument)
    .addHelpText('after', EXAMPLES);
}

function connect(flags: TransferFlags): ConnectedUser {
  return connectUser(readDeployment(flags.deployment), userAccount(process.env));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function etherArgument(text: string): bigint {
  if (!/^\d+(\.\d{1,18})?$/.test(text) || parseEther(text) === 0n) {
    throw new InvalidArgumentError('expected ETH, e.g. 1.5, with at most 18 decimals.');
  }
  return parseEther(text);
}

function addressArgument(text: string): Address {
  if (!isAddress(text)) throw new InvalidArgumentError('expected an address: 0x and 40 hex digits.');
  return text;
}

function hashArgument(text: string): Hash {
  if (!isHash(text)) throw new InvalidArgumentError('expected a transaction hash: 0x and 64 hex digits.');
  return text;
}
