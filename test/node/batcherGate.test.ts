import { expect } from 'chai';
import type { BatcherStatus } from '../../src/batcher/batcher';
import { systemClock } from '../../src/core/systemClock';
import { BatcherGate } from '../../src/node/batcherGate';
import { RecordingLogger } from '../verifier/testNode';

describe('BatcherGate', () => {
  let mayPost: boolean | Error;
  let running: number;
  let created: number;
  let asked: number;
  const logger = new RecordingLogger();

  beforeEach(() => {
    running = 0;
    created = 0;
    asked = 0;
  });

  function gate(): BatcherGate {
    return new BatcherGate({
      create: () => {
        created++;
        return {
          start: () => {
            running++;
          },
          stop: async () => {
            running--;
          },
          status: () => ({ batchesPosted: created }) as BatcherStatus,
        };
      },
      mayPost: async () => {
        asked++;
        if (mayPost instanceof Error) throw mayPost;
        return mayPost;
      },
      clock: systemClock,
      logger,
      closedPollMs: 1,
      openPollMs: 1,
    });
  }

  async function until(isSo: () => boolean): Promise<void> {
    const deadlineMs = Date.now() + 5_000;
    while (!isSo()) {
      if (Date.now() > deadlineMs) expect.fail('still not so after 5 s');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  it('runs one batcher while its account may post, none else, and a new one when it may again', async () => {
    mayPost = false;
    const tested = gate();
    tested.start();
    await until(() => asked > 3);
    expect([running, created, tested.isOpen, tested.status()]).to.deep.equal([0, 0, false, undefined]);
    mayPost = true;
    await until(() => tested.isOpen);
    expect([running, created]).to.deep.equal([1, 1]);
    mayPost = false;
    await until(() => !tested.isOpen && running === 0);
    expect(tested.status()?.batchesPosted).to.equal(1);
    mayPost = true;
    await until(() => created === 2);
    await tested.stop();
    expect(running).to.equal(0);
  });

  it('leaves things as they are while L1 does not answer', async () => {
    mayPost = true;
    const tested = gate();
    tested.start();
    await until(() => tested.isOpen);
    mayPost = new Error('unreachable');
    const told = logger.messages.length;
    await until(() => logger.messages.length > told + 3);
    expect([running, tested.isOpen]).to.deep.equal([1, true]);
    await tested.stop();
  });
});
