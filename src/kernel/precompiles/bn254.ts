/** 0x06 to 0x08 (EIP-196, EIP-197): the curve alt_bn128. `undefined`: invalid input, the call fails. */
import { CurveId } from './mcl';
import { paddedInput } from './paddedInput';
import { PairingCurve } from './pairingCurve';
import { truth } from './truth';

const PAIR_SIZE_BYTES = 192;

let instance: PairingCurve | undefined;

export function bn254Add(input: Uint8Array): Uint8Array | undefined {
  return curve().add(curve().g1, paddedInput(input, 0, 128));
}

export function bn254Multiply(input: Uint8Array): Uint8Array | undefined {
  return curve().multiplyAndSum(curve().g1, paddedInput(input, 0, 96));
}

/** Whether the product of the pairings is one, as 32 bytes. */
export function bn254Pairing(input: Uint8Array): Uint8Array | undefined {
  if (input.length % PAIR_SIZE_BYTES !== 0) return undefined;
  return truth(curve().isPairingProductOne(input));
}

function curve(): PairingCurve {
  instance ??= new PairingCurve({
    id: CurveId.bn254,
    elementSizeBytes: 32,
    elementPaddingBytes: 0,
    imaginaryFirst: true,
    ethereumSerialization: false,
    isG1Whole: true,
  });
  return instance;
}
