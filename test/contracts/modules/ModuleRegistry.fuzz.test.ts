import { loadFixture, time } from '@nomicfoundation/hardhat-network-helpers';
import { expect } from 'chai';
import { id, ZeroHash } from 'ethers';
import fc from 'fast-check';
import { WINDOWS } from '../deploySystem';
import { deployModules, Evidence, executionManifest, genesisId, Kind, MAX_UINT64 } from './moduleVersions';
import { type Refusal, RegistryModel, STAGES, STEPS, type Step } from './registryModel';

const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121);
const RUN_COUNT = 12;
const STEP_COUNT = 220;
/** How much later than a step the views after it are. */
const VIEW_SECONDS_MAX = 30;
/** Versions in play at a time. */
const VERSION_COUNT = 3;

/** Moves of the clock that come near each window's end, on both sides. */
const jumps = fc.constantFrom(1, 1, 1, 50, 499, 500, 800, 1499, 1500, 2500, 2999, 3000, 9_999, 10_001);
const moves = fc.array(
  fc.record({
    step: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom<Step | 'propose'>(...STEPS, 'propose') },
      // What brings versions on, so that the later stages are reached often.
      {
        weight: 3,
        arbitrary: fc.constantFrom<Step | 'propose'>(
          'ratify',
          'beginShadow',
          'queue',
          'activate',
          'confirm',
          'finalizeVersion',
        ),
      },
    ),
    version: fc.nat(VERSION_COUNT - 1),
    jump: jumps,
  }),
  { minLength: STEP_COUNT, maxLength: STEP_COUNT, size: 'max' },
);

describe('ModuleRegistry against its model', () => {
  it(`agrees on every step, legal or not (${RUN_COUNT} × ${STEP_COUNT} steps, seed ${SEED})`, async () => {
    const taken = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(moves, async (sequence) => {
        const system = await loadFixture(deployModules);
        const run = new Run(system, taken);
        for (const { step, version, jump } of sequence) await run.move(step, version, jump);
      }),
      { seed: SEED, numRuns: RUN_COUNT, endOnFailure: true },
    );
    // What was reached: a fuzz test that never leaves the first stages would show nothing.
    for (const step of STEPS) expect(taken.get(`${step} refused`) ?? 0, `${step} refused`).to.be.greaterThan(0);
    const alwaysRefused: Step[] = ['ratifyOther', 'rollBackWithout', 'refuse'];
    for (const step of STEPS.filter((name) => !alwaysRefused.includes(name))) {
      expect(taken.get(step) ?? 0, step).to.be.greaterThan(0);
    }
  }).timeout(280_000);
});

class Run {
  private readonly model = new RegistryModel(WINDOWS, genesisId(Kind.execution));
  private readonly ids: string[] = [];
  private proposals = 0;

  constructor(
    private readonly system: Awaited<ReturnType<typeof deployModules>>,
    private readonly taken: Map<string, number>,
  ) {}

  async move(step: Step | 'propose', index: number, jump: number): Promise<void> {
    // The block of the step has the time that the model is told.
    const now = (await time.latest()) + jump;
    const versionId = this.ids[index];
    if (step === 'propose' || versionId === undefined) {
      await this.propose(index, now);
      return;
    }
    if ((step === 'queue' || step === 'refuse') && this.model.stageOf(versionId) === 'Shadow')
      await this.attestOnce(versionId);
    if (step === 'rollBack' && this.model.stageOf(versionId) === 'Canary') await this.reportOnce(versionId);
    const at = Math.max(now, (await time.latest()) + 1);
    const expected = this.model.take(step, versionId, at);
    await time.setNextBlockTimestamp(at);
    const actual = await this.failureOf(step, versionId);
    expect(actual, `${step} at ${at}`).to.deep.equal(expected);
    this.count(expected ? `${step} refused` : step);
    await this.compare(versionId, at);
  }

  private async propose(index: number, now: number): Promise<void> {
    // Sometimes it follows the ruling version, sometimes another that may rule later.
    const following = this.proposals % 3 === 2 ? this.ids[(index + 1) % VERSION_COUNT] : undefined;
    const predecessor = following ?? this.model.active;
    const manifest = executionManifest(predecessor, { metadataHash: id(`proposal ${this.proposals++}`) });
    await time.setNextBlockTimestamp(now);
    const proposed = await this.system.modules.connect(this.system.stranger).propose(manifest);
    const receipt = await proposed.wait();
    const [log] = receipt.logs;
    const versionId: string = log.topics[1];
    this.model.propose(versionId, predecessor, now);
    this.ids[index] = versionId;
    await this.compare(versionId, now);
  }

  private async failureOf(step: Step, versionId: string): Promise<Refusal | undefined> {
    const { modules, timelockSigner, guardian } = this.system;
    const { manifestHash } = await modules.versionOf(versionId);
    const calls: Record<Step, () => Promise<unknown>> = {
      ratify: () => modules.connect(timelockSigner).ratify(versionId, manifestHash),
      ratifyOther: () => modules.connect(timelockSigner).ratify(versionId, id('another manifest')),
      beginShadow: () => modules.beginShadow(versionId),
      veto: () => modules.connect(guardian).veto(versionId),
      refuse: () => modules.refuse(versionId, 0),
      queue: () => modules.queue(versionId, 0),
      activate: () => modules.activate(versionId),
      confirm: () => modules.confirm(versionId),
      finalizeVersion: () => modules.finalizeVersion(versionId),
      rollBack: () => modules.rollBack(versionId, Evidence.attesterFaults, '0x'),
      rollBackWithout: () => modules.rollBack(versionId, Evidence.failedHealthCheck, '0x'),
      lapse: () => modules.lapse(versionId),
    };
    try {
      await calls[step]();
      return undefined;
    } catch (error) {
      const parsed = modules.interface.parseError((error as { data?: string }).data ?? '0x');
      if (!parsed) throw error;
      if (parsed.name === 'ModuleRegistryWrongStage') {
        return { error: parsed.name, expected: STAGES[Number(parsed.args[1])], actual: STAGES[Number(parsed.args[2])] };
      }
      const isLapse = parsed.name === 'ModuleRegistryCannotLapse';
      return isLapse ? { error: parsed.name, actual: STAGES[Number(parsed.args[1])] } : { error: parsed.name };
    }
  }

  /** Everything that can be seen is as the model says. */
  private async compare(versionId: string, at: number): Promise<void> {
    const { modules } = this.system;
    const [version, active, heldFrom] = await Promise.all([
      modules.versionOf(versionId),
      modules.activeVersion(Kind.execution),
      modules.withdrawalsHeldFrom(),
    ]);
    const expected = this.model.versions.get(versionId);
    expect(STAGES[Number(version.stage)]).to.equal(expected?.stage);
    expect(Number(version.stageSince)).to.equal(expected?.since);
    expect(Number(version.holdEndsAt)).to.equal(expected?.holdEndsAt);
    expect(active).to.equal(this.model.active);
    // A view sees the time of the next block, some seconds on.
    if (this.model.isHeld(at) === this.model.isHeld(at + VIEW_SECONDS_MAX)) {
      expect(heldFrom).to.equal(this.model.isHeld(at) ? 100n : MAX_UINT64);
    }
  }

  private async attestOnce(versionId: string): Promise<void> {
    const [attester] = this.system.attesters;
    const said = await this.system.attesterSet.statementOf(versionId, 0, attester);
    if (said.resultHash === ZeroHash) await this.system.attest(versionId);
  }

  private async reportOnce(versionId: string): Promise<void> {
    const [attester] = this.system.attesters;
    const reported = await this.system.attesterSet.faultOf(versionId, attester);
    if (reported.l2BlockHash === ZeroHash) await this.system.reportFaults(versionId);
  }

  private count(what: string): void {
    this.taken.set(what, (this.taken.get(what) ?? 0) + 1);
  }
}
