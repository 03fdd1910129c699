/**
 * Precompiled contracts: which addresses they are in which fork, and their gas. The computation itself is the host's,
 * through one import; identity is a copy and stays here.
 */
import { fork, OSAKA, PRAGUE } from '../block';
import { precompile } from '../host';
import { workBase } from '../memory';
import { bitLength, fromBigEndian, mulHigh, toU64Saturated } from '../u256';
import { charge, wordsOf } from './gas';
import { Halt, note } from './haltReason';
import { returnData, returnDataCapacity, setReturnData, setReturnDataSize } from './returnData';

const ECRECOVER: u32 = 0x01;
const SHA256: u32 = 0x02;
const RIPEMD160: u32 = 0x03;
const IDENTITY: u32 = 0x04;
const MODEXP: u32 = 0x05;
const BN254_ADD: u32 = 0x06;
const BN254_MUL: u32 = 0x07;
const BN254_PAIRING: u32 = 0x08;
const BLAKE2F: u32 = 0x09;
const POINT_EVALUATION: u32 = 0x0a;
const BLS_G1_ADD: u32 = 0x0b;
const BLS_G1_MSM: u32 = 0x0c;
const BLS_G2_ADD: u32 = 0x0d;
const BLS_G2_MSM: u32 = 0x0e;
const BLS_PAIRING: u32 = 0x0f;
const BLS_MAP_FP_TO_G1: u32 = 0x10;
const BLS_MAP_FP2_TO_G2: u32 = 0x11;
const P256VERIFY: u32 = 0x100;

/** More than can be paid. */
const UNPAYABLE: u64 = u64.MAX_VALUE;
/** EIP-7823. */
const MODEXP_SIZE_MAX: u64 = 1024;

// EIP-2537, per mille for 1 to 128 pairs; the last holds for more.
const MSM_DISCOUNTS_MAX: u64 = 128;
// biome-ignore format: a table
const G1_DISCOUNTS: usize = memory.data<u16>([
  1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677,
  673, 669, 665, 661, 658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627,
  625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604, 603, 601, 599, 598,
  596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576,
  575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559,
  558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545, 544,
  543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531,
  530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
]);
// biome-ignore format: a table
const G2_DISCOUNTS: usize = memory.data<u16>([
  1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717,
  711, 704, 699, 693, 688, 683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646,
  643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611, 609, 607,
  606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582,
  580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562,
  561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548, 547,
  546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535,
  534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
]);

/** The precompile at a 20-byte address in the block's fork; 0: none. */
export function precompileAt(address: usize): u32 {
  if (load<u64>(address) != 0 || load<u64>(address, 8) != 0 || load<u16>(address, 16) != 0) return 0;
  const id = <u32>bswap<u16>(load<u16>(address, 18));
  return id != 0 && (id <= lastPrecompile() || (id == P256VERIFY && fork() >= OSAKA)) ? id : 0;
}

/** Precompiles are at 1 to this, and from Osaka at 0x100. */
export function lastPrecompile(): u32 {
  return fork() >= PRAGUE ? BLS_MAP_FP2_TO_G2 : POINT_EVALUATION;
}

/** Charges and runs; false: out of gas or invalid input. The output becomes the return data. */
export function runPrecompile(id: u32, input: usize, size: u32): bool {
  setReturnDataSize(0);
  const cost = precompileGas(id, input, size);
  if (cost == UNPAYABLE || !charge(cost)) return note(Halt.OutOfGas);
  if (id == IDENTITY) {
    setReturnData(input, size);
    return true;
  }
  const length = precompile(<i32>id, input, <i32>size, returnData(), returnDataCapacity());
  if (length < 0) return false;
  setReturnDataSize(<u32>length);
  return true;
}

function precompileGas(id: u32, input: usize, size: u32): u64 {
  const words = wordsOf(size);
  switch (id) {
    case ECRECOVER:
      return 3000;
    case SHA256:
      return 60 + 12 * words;
    case RIPEMD160:
      return 600 + 120 * words;
    case IDENTITY:
      return 15 + 3 * words;
    case MODEXP:
      return modexpGas(input, size);
    case BN254_ADD:
      return 150;
    case BN254_MUL:
      return 6000;
    case BN254_PAIRING:
      return 45000 + 34000 * <u64>(size / 192);
    case BLAKE2F:
      return size == 213 ? <u64>bswap<u32>(load<u32>(input)) : UNPAYABLE;
    case POINT_EVALUATION:
      return 50000;
    case BLS_G1_ADD:
      return 375;
    case BLS_G1_MSM:
      return msmGas(size / 160, 12000, G1_DISCOUNTS);
    case BLS_G2_ADD:
      return 600;
    case BLS_G2_MSM:
      return msmGas(size / 288, 22500, G2_DISCOUNTS);
    case BLS_PAIRING:
      return 37700 + 32600 * <u64>(size / 384);
    case BLS_MAP_FP_TO_G1:
      return 5500;
    case BLS_MAP_FP2_TO_G2:
      return 23800;
    case P256VERIFY:
      return 6900;
    default:
      return UNPAYABLE;
  }
}

function msmGas(pairs: u64, multiplication: u64, discounts: usize): u64 {
  if (pairs == 0) return 0;
  const discount = <u64>load<u16>(discounts + ((<usize>min(pairs, MSM_DISCOUNTS_MAX) - 1) << 1));
  return (pairs * multiplication * discount) / 1000;
}

/** Reads the 32 bytes at `from` of the input, zeros behind its end, as a word at `out`. */
function inputWord(input: usize, size: u64, from: u64, out: usize): void {
  memory.fill(out, 0, 32);
  if (from < size) memory.copy(out, input + <usize>from, <usize>min<u64>(32, size - from));
  fromBigEndian(out, out);
}

/** EIP-2565; from Osaka EIP-7883 and the bounds of EIP-7823. */
function modexpGas(input: usize, size: u32): u64 {
  const word = workBase() + 1088;
  inputWord(input, size, 0, word);
  const baseSize = toU64Saturated(word);
  inputWord(input, size, 32, word);
  const exponentSize = toU64Saturated(word);
  inputWord(input, size, 64, word);
  const modulusSize = toU64Saturated(word);
  const osaka = fork() >= OSAKA;
  if (osaka && (baseSize > MODEXP_SIZE_MAX || exponentSize > MODEXP_SIZE_MAX || modulusSize > MODEXP_SIZE_MAX)) {
    return UNPAYABLE;
  }
  const longest = max(baseSize, modulusSize);
  if (longest == 0 && !osaka) return 200;
  if (longest > 0xffffffff || exponentSize > 0xffffffff) return UNPAYABLE;

  const longestWords = (longest + 7) >> 3;
  let complexity = longestWords * longestWords;
  if (osaka) complexity = longest <= 32 ? 16 : complexity << 1;

  inputWord(input, size, 96 + baseSize, word);
  if (exponentSize < 32) {
    // The first 32 bytes of the exponent as a number: shift out what is behind it.
    const drop: usize = 32 - <usize>exponentSize;
    memory.copy(word, word + drop, <usize>exponentSize);
    memory.fill(word + <usize>exponentSize, 0, drop);
  }
  const headBits = <u64>bitLength(word);
  let iterations = headBits == 0 ? 0 : headBits - 1;
  if (exponentSize > 32) iterations += (osaka ? 16 : 8) * (exponentSize - 32);
  iterations = max<u64>(iterations, 1);
  if (mulHigh(complexity, iterations) != 0) return UNPAYABLE;
  const product = complexity * iterations;
  return osaka ? max<u64>(500, product) : max<u64>(200, product / 3);
}
