/** The stages of `IModuleRegistry.Stage`, in its order. */
export const STAGES = [
  'None',
  'Proposed',
  'Voted',
  'Shadow',
  'Queued',
  'Canary',
  'Active',
  'Final',
  'RolledBack',
  'Rejected',
] as const;
export type Stage = (typeof STAGES)[number];

/** What a step asks of the registry. The caller is always one who may. */
export type Step =
  | 'ratify'
  | 'ratifyOther'
  | 'beginShadow'
  | 'veto'
  | 'refuse'
  | 'queue'
  | 'activate'
  | 'confirm'
  | 'finalizeVersion'
  | 'rollBack'
  | 'rollBackWithout'
  | 'lapse';
export const STEPS: readonly Step[] = [
  'ratify',
  'ratifyOther',
  'beginShadow',
  'veto',
  'refuse',
  'queue',
  'activate',
  'confirm',
  'finalizeVersion',
  'rollBack',
  'rollBackWithout',
  'lapse',
];

export interface ModelWindows {
  exitSeconds: { parameter: number; module: number; governance: number };
  shadowSeconds: number;
  canarySeconds: number;
  finalitySeconds: number;
  rollBackHoldSeconds: number;
  lapseSeconds: number;
}

interface Version {
  stage: Stage;
  since: number;
  exitEndsAt: number;
  canaryEndsAt: number;
  holdEndsAt: number;
  predecessor: string;
}

/** Why a step fails: the error's name, and for a wrong stage what was expected and found. */
export interface Refusal {
  error: string;
  expected?: Stage;
  actual?: Stage;
}

/**
 * The registry's machine for EXECUTION versions, written anew from ADR 0301: the oracle of the fuzz test. Attesters always agree here, and a
 * fault is always reported; evidence has tests of its own.
 */
export class RegistryModel {
  readonly versions = new Map<string, Version>();
  active: string;
  private lastActivated: string | undefined;

  constructor(
    private readonly windows: ModelWindows,
    genesis: string,
  ) {
    this.active = genesis;
    this.versions.set(genesis, this.version('Final', 0, ''));
  }

  propose(id: string, predecessor: string, now: number): void {
    this.versions.set(id, this.version('Proposed', now, predecessor));
  }

  stageOf(id: string): Stage {
    return this.versions.get(id)?.stage ?? 'None';
  }

  isHeld(now: number): boolean {
    const last = this.lastActivated === undefined ? undefined : this.versions.get(this.lastActivated);
    return last !== undefined && now < last.holdEndsAt;
  }

  /** Takes a step at a time, in seconds. @returns why not, if it is illegal; nothing changes then */
  take(step: Step, id: string, now: number): Refusal | undefined {
    const version = this.versions.get(id);
    if (!version) throw new TypeError('the model knows all versions');
    const from: Record<Exclude<Step, 'lapse' | 'refuse'>, Stage> = {
      ratify: 'Proposed',
      ratifyOther: 'Proposed',
      beginShadow: 'Voted',
      veto: 'Shadow',
      queue: 'Shadow',
      activate: 'Queued',
      confirm: 'Canary',
      finalizeVersion: 'Active',
      rollBack: 'Canary',
      rollBackWithout: 'Canary',
    };
    if (step === 'lapse') return this.lapse(version, now);
    if (step === 'refuse') return this.refuse(version);
    if (version.stage !== from[step]) {
      return { error: 'ModuleRegistryWrongStage', expected: from[step], actual: version.stage };
    }
    const refusal = this.refusalOf(step, version, now);
    if (refusal) return refusal;
    this.carryOut(step, id, version, now);
    return undefined;
  }

  private refusalOf(step: Step, version: Version, now: number): Refusal | undefined {
    const { windows } = this;
    const tooEarly = { error: 'ModuleRegistryTooEarly' };
    if (step === 'ratifyOther') return { error: 'ModuleRegistryManifestMismatch' };
    if (step === 'rollBackWithout') return { error: 'ModuleRegistryInsufficientEvidence' };
    if (step === 'queue' && now < version.since + windows.shadowSeconds) return tooEarly;
    if (step === 'confirm' && now < version.canaryEndsAt) return tooEarly;
    if (step === 'finalizeVersion' && now < version.since + windows.finalitySeconds) return tooEarly;
    if (step !== 'activate') return undefined;
    if (now < version.exitEndsAt) return tooEarly;
    if (now > version.exitEndsAt + windows.lapseSeconds) return { error: 'ModuleRegistryTooLate' };
    if (version.predecessor !== this.active) return { error: 'ModuleRegistryPredecessorChanged' };
    if (this.stageOf(this.active) === 'Canary') {
      return { error: 'ModuleRegistryWrongStage', expected: 'Active', actual: 'Canary' };
    }
    return this.isHeld(now) ? tooEarly : undefined;
  }

  private carryOut(step: Step, id: string, version: Version, now: number): void {
    const to: Partial<Record<Step, Stage>> = {
      ratify: 'Voted',
      beginShadow: 'Shadow',
      veto: 'Rejected',
      queue: 'Queued',
      activate: 'Canary',
      confirm: 'Active',
      finalizeVersion: 'Final',
      rollBack: 'RolledBack',
    };
    if (step === 'queue') version.exitEndsAt = now + this.windows.exitSeconds.module;
    if (step === 'activate') {
      version.canaryEndsAt = now + this.windows.canarySeconds;
      version.holdEndsAt = version.canaryEndsAt;
      this.active = id;
      this.lastActivated = id;
    }
    if (step === 'confirm') version.holdEndsAt = now;
    if (step === 'rollBack') {
      version.holdEndsAt = now + this.windows.rollBackHoldSeconds;
      this.active = version.predecessor;
    }
    version.stage = to[step] ?? version.stage;
    version.since = now;
  }

  private lapse(version: Version, now: number): Refusal | undefined {
    if (!['Proposed', 'Voted', 'Shadow', 'Queued'].includes(version.stage)) {
      return { error: 'ModuleRegistryCannotLapse', actual: version.stage };
    }
    const since = version.stage === 'Queued' ? version.exitEndsAt : version.since;
    if (!this.cannotRule(version.predecessor) && now <= since + this.windows.lapseSeconds) {
      return { error: 'ModuleRegistryTooEarly' };
    }
    version.stage = 'Rejected';
    version.since = now;
    return undefined;
  }

  /** Attesters never see a difference here. */
  private refuse({ stage }: Version): Refusal {
    const isJudged = stage === 'Shadow' || stage === 'Queued';
    return isJudged
      ? { error: 'ModuleRegistryNoUndeclaredDifference' }
      : { error: 'ModuleRegistryWrongStage', expected: 'Shadow', actual: stage };
  }

  /** Ended, or ruled once and was followed for good. */
  private cannotRule(id: string): boolean {
    const stage = this.stageOf(id);
    if (stage === 'RolledBack' || stage === 'Rejected') return true;
    const ruled = stage === 'Canary' || stage === 'Active' || stage === 'Final';
    const ruling = this.versions.get(this.active);
    const canReturn = ruling?.stage === 'Canary' && ruling.predecessor === id;
    return ruled && this.active !== id && !canReturn;
  }

  private version(stage: Stage, since: number, predecessor: string): Version {
    return { stage, since, exitEndsAt: 0, canaryEndsAt: 0, holdEndsAt: 0, predecessor };
  }
}
