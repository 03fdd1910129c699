/**
 * The opcode table (yellow paper appendix H, and the EIPs of each fork) and the numbers of the internal operations.
 *
 * An internal operation that is one EVM instruction has its opcode's number; PUSH, DUP, SWAP and LOG families share one
 * number each, with the count as the operation's argument, and leave room for operations that stand for several
 * instructions.
 */

/** Internal operations. */
export const enum Op {
  STOP = 0x00,
  ADD = 0x01,
  MUL = 0x02,
  SUB = 0x03,
  DIV = 0x04,
  SDIV = 0x05,
  MOD = 0x06,
  SMOD = 0x07,
  ADDMOD = 0x08,
  MULMOD = 0x09,
  EXP = 0x0a,
  SIGNEXTEND = 0x0b,
  LT = 0x10,
  GT = 0x11,
  SLT = 0x12,
  SGT = 0x13,
  EQ = 0x14,
  ISZERO = 0x15,
  AND = 0x16,
  OR = 0x17,
  XOR = 0x18,
  NOT = 0x19,
  BYTE = 0x1a,
  SHL = 0x1b,
  SHR = 0x1c,
  SAR = 0x1d,
  CLZ = 0x1e,
  KECCAK256 = 0x20,
  ADDRESS = 0x30,
  BALANCE = 0x31,
  ORIGIN = 0x32,
  CALLER = 0x33,
  CALLVALUE = 0x34,
  CALLDATALOAD = 0x35,
  CALLDATASIZE = 0x36,
  CALLDATACOPY = 0x37,
  CODESIZE = 0x38,
  CODECOPY = 0x39,
  GASPRICE = 0x3a,
  EXTCODESIZE = 0x3b,
  EXTCODECOPY = 0x3c,
  RETURNDATASIZE = 0x3d,
  RETURNDATACOPY = 0x3e,
  EXTCODEHASH = 0x3f,
  BLOCKHASH = 0x40,
  COINBASE = 0x41,
  TIMESTAMP = 0x42,
  NUMBER = 0x43,
  PREVRANDAO = 0x44,
  GASLIMIT = 0x45,
  CHAINID = 0x46,
  SELFBALANCE = 0x47,
  BASEFEE = 0x48,
  BLOBHASH = 0x49,
  BLOBBASEFEE = 0x4a,
  POP = 0x50,
  MLOAD = 0x51,
  MSTORE = 0x52,
  MSTORE8 = 0x53,
  SLOAD = 0x54,
  SSTORE = 0x55,
  JUMP = 0x56,
  JUMPI = 0x57,
  PC = 0x58,
  MSIZE = 0x59,
  GAS = 0x5a,
  JUMPDEST = 0x5b,
  TLOAD = 0x5c,
  TSTORE = 0x5d,
  MCOPY = 0x5e,
  CREATE = 0xf0,
  CALL = 0xf1,
  CALLCODE = 0xf2,
  RETURN = 0xf3,
  DELEGATECALL = 0xf4,
  CREATE2 = 0xf5,
  STATICCALL = 0xfa,
  REVERT = 0xfd,
  INVALID = 0xfe,
  SELFDESTRUCT = 0xff,
  /** Charges a basic block's static gas and checks its stack bounds. */
  BLOCK = 0x0c,
  /** Pushes the operation's 64-bit immediate. */
  PUSH = 0x60,
  /** Pushes the word that the operation's immediate points to. */
  PUSH_WIDE = 0x61,
  DUP = 0x80,
  SWAP = 0x90,
  LOG = 0xa0,

  // Several instructions in one; `imm` is the 64-bit immediate, `arg` the argument.
  /** PUSH imm, ADD. */
  ADD_IMMEDIATE = 0x62,
  /** PUSH imm, AND. */
  AND_IMMEDIATE = 0x63,
  /** PUSH 2^160 - 1, AND. */
  AND_ADDRESS = 0x64,
  /** PUSH imm, EQ. */
  EQ_IMMEDIATE = 0x65,
  /** PUSH imm, LT: imm < x. */
  LT_IMMEDIATE = 0x66,
  /** PUSH imm, GT: imm > x. */
  GT_IMMEDIATE = 0x67,
  /** PUSH imm (below 256), SHL. */
  SHL_IMMEDIATE = 0x68,
  /** PUSH imm (below 256), SHR. */
  SHR_IMMEDIATE = 0x69,
  /** PUSH imm (below 2^31), MLOAD. */
  MLOAD_IMMEDIATE = 0x6a,
  /** PUSH imm (below 2^31), MSTORE. */
  MSTORE_IMMEDIATE = 0x6b,
  /** SWAPn, POP: the top replaces the word arg bytes below it. */
  SWAP_POP = 0x6c,
  /** POP arg bytes. */
  POP_MANY = 0x6d,
  /** DUPn, DUPm: imm holds the second distance. */
  DUP_DUP = 0x6e,
  /** PUSH imm, DUPn with n > 1. */
  PUSH_DUP = 0x6f,
  /** DUPn, ADD. */
  DUP_ADD = 0x71,
  /** DUPn, ADD, SWAP1. */
  DUP_ADD_SWAP = 0x72,
  /** DUPn, MLOAD. */
  DUP_MLOAD = 0x81,
  /** SWAPn, SWAPm with n ≠ m: imm holds the second distance. */
  SWAP_SWAP = 0x82,
  /** SWAP1, SUB. */
  SUB_TURNED = 0x83,
  /** SWAP1, MSTORE: the top at the offset below it. */
  MSTORE_TURNED = 0x84,
  /** PUSH imm, MUL. */
  MUL_IMMEDIATE = 0x85,
  /** PUSH_WIDE, ADD; laid out as PUSH_WIDE. */
  ADD_WIDE = 0x86,
  /** PUSH arg, SHL, PUSH imm, ADD, ADD: an array element's address. */
  ADD_SCALED = 0x87,
  /** The same and MLOAD. */
  MLOAD_SCALED = 0x88,
  /** PUSH 2^arg, SWAP1, DUP2, MUL: a step of the same as older code generators write it; imm holds 2^arg. */
  SCALE_UNDER = 0x89,
  /** DUPn, SWAP1, SUB. */
  SUB_DUP = 0x8a,
  /** DUPn, MSTORE. */
  DUP_MSTORE = 0x8b,
  /** PUSH imm, SWAPn with n > 1. */
  PUSH_SWAP = 0x8c,
  /** An SLOAD that only serves to add to the slot (hotSlots). */
  SLOAD_TO_ADD = 0x8d,

  // Jumps to a known place: arg is the code offset, then (see predecode) the address of the target's BLOCK, 0 for a bad one.
  /** PUSH, JUMP. */
  JUMP_TO = 0xb0,
  /** PUSH, JUMPI. */
  JUMP_IF = 0xb1,
  /** ISZERO, PUSH, JUMPI. */
  JUMP_UNLESS = 0xb2,
  /** DUP1, PUSH imm, EQ, PUSH, JUMPI: a step of a function selector. */
  JUMP_IF_TOP_IS = 0xb3,
  /** LT, PUSH, JUMPI. */
  JUMP_IF_LT = 0xb4,
  /** LT, ISZERO, PUSH, JUMPI. */
  JUMP_UNLESS_LT = 0xb5,
  /** GT, PUSH, JUMPI. */
  JUMP_IF_GT = 0xb6,
  /** GT, ISZERO, PUSH, JUMPI. */
  JUMP_UNLESS_GT = 0xb7,
  /** EQ, PUSH, JUMPI. */
  JUMP_IF_EQ = 0xb8,
  /** EQ, ISZERO, PUSH, JUMPI. */
  JUMP_UNLESS_EQ = 0xb9,
  /** DUPn, DUPm, LT, PUSH, JUMPI: imm holds the distances of the first word pushed and, in its upper half, of the second. */
  JUMP_IF_LT_AT = 0xba,
  /** DUPn, DUPm, LT, ISZERO, PUSH, JUMPI. */
  JUMP_UNLESS_LT_AT = 0xbb,
  /** DUPn, LT, PUSH, JUMPI: the word at the distance in imm is below the top; the top goes. */
  JUMP_IF_DUP_LT = 0xbc,
  /** DUPn, PUSH, JUMPI: the word is at the distance in imm. */
  JUMP_IF_AT = 0xbd,
  /** DUPn, ISZERO, PUSH, JUMPI. */
  JUMP_UNLESS_AT = 0xbe,
  /** DUPn, MLOAD, DUPm, LT, PUSH, JUMPI: an index below an array's length; imm holds the distances of the array and of the index. */
  JUMP_IF_IN_ARRAY = 0xbf,
  /** PUSH imm, ADD, PUSH, JUMP: a loop's end. */
  ADD_JUMP_TO = 0xc0,
}

export const FIRST_JUMP: u32 = Op.JUMP_TO;
export const LAST_JUMP: u32 = Op.ADD_JUMP_TO;

/** Instructions that no fork knows. */
export const UNDEFINED: u8 = 0xff;

// Four bytes an opcode: static gas, words taken, words left, first fork (Cancun 0, Prague 1, Osaka 2).
// What depends on warmth, sizes or values is charged by the instruction itself and 0 here.
// biome-ignore format: one row an instruction
const TABLE: usize = memory.data<u8>([
  0, 0, 0, 0, // 0x00 STOP
  3, 2, 1, 0, // 0x01 ADD
  5, 2, 1, 0, // 0x02 MUL
  3, 2, 1, 0, // 0x03 SUB
  5, 2, 1, 0, // 0x04 DIV
  5, 2, 1, 0, // 0x05 SDIV
  5, 2, 1, 0, // 0x06 MOD
  5, 2, 1, 0, // 0x07 SMOD
  8, 3, 1, 0, // 0x08 ADDMOD
  8, 3, 1, 0, // 0x09 MULMOD
  10, 2, 1, 0, // 0x0a EXP
  5, 2, 1, 0, // 0x0b SIGNEXTEND
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0x0c–0x0f
  3, 2, 1, 0, // 0x10 LT
  3, 2, 1, 0, // 0x11 GT
  3, 2, 1, 0, // 0x12 SLT
  3, 2, 1, 0, // 0x13 SGT
  3, 2, 1, 0, // 0x14 EQ
  3, 1, 1, 0, // 0x15 ISZERO
  3, 2, 1, 0, // 0x16 AND
  3, 2, 1, 0, // 0x17 OR
  3, 2, 1, 0, // 0x18 XOR
  3, 1, 1, 0, // 0x19 NOT
  3, 2, 1, 0, // 0x1a BYTE
  3, 2, 1, 0, // 0x1b SHL
  3, 2, 1, 0, // 0x1c SHR
  3, 2, 1, 0, // 0x1d SAR
  5, 1, 1, 2, // 0x1e CLZ
  0, 0, 0, 0xff, // 0x1f
  30, 2, 1, 0, // 0x20 KECCAK256
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0x21–0x26
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0x27–0x2c
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0x2d–0x2f
  2, 0, 1, 0, // 0x30 ADDRESS
  0, 1, 1, 0, // 0x31 BALANCE
  2, 0, 1, 0, // 0x32 ORIGIN
  2, 0, 1, 0, // 0x33 CALLER
  2, 0, 1, 0, // 0x34 CALLVALUE
  3, 1, 1, 0, // 0x35 CALLDATALOAD
  2, 0, 1, 0, // 0x36 CALLDATASIZE
  3, 3, 0, 0, // 0x37 CALLDATACOPY
  2, 0, 1, 0, // 0x38 CODESIZE
  3, 3, 0, 0, // 0x39 CODECOPY
  2, 0, 1, 0, // 0x3a GASPRICE
  0, 1, 1, 0, // 0x3b EXTCODESIZE
  0, 4, 0, 0, // 0x3c EXTCODECOPY
  2, 0, 1, 0, // 0x3d RETURNDATASIZE
  3, 3, 0, 0, // 0x3e RETURNDATACOPY
  0, 1, 1, 0, // 0x3f EXTCODEHASH
  20, 1, 1, 0, // 0x40 BLOCKHASH
  2, 0, 1, 0, // 0x41 COINBASE
  2, 0, 1, 0, // 0x42 TIMESTAMP
  2, 0, 1, 0, // 0x43 NUMBER
  2, 0, 1, 0, // 0x44 PREVRANDAO
  2, 0, 1, 0, // 0x45 GASLIMIT
  2, 0, 1, 0, // 0x46 CHAINID
  5, 0, 1, 0, // 0x47 SELFBALANCE
  2, 0, 1, 0, // 0x48 BASEFEE
  3, 1, 1, 0, // 0x49 BLOBHASH
  2, 0, 1, 0, // 0x4a BLOBBASEFEE
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0x4b–0x4f
  2, 1, 0, 0, // 0x50 POP
  3, 1, 1, 0, // 0x51 MLOAD
  3, 2, 0, 0, // 0x52 MSTORE
  3, 2, 0, 0, // 0x53 MSTORE8
  0, 1, 1, 0, // 0x54 SLOAD
  0, 2, 0, 0, // 0x55 SSTORE
  8, 1, 0, 0, // 0x56 JUMP
  10, 2, 0, 0, // 0x57 JUMPI
  2, 0, 1, 0, // 0x58 PC
  2, 0, 1, 0, // 0x59 MSIZE
  2, 0, 1, 0, // 0x5a GAS
  1, 0, 0, 0, // 0x5b JUMPDEST
  100, 1, 1, 0, // 0x5c TLOAD
  100, 2, 0, 0, // 0x5d TSTORE
  3, 3, 0, 0, // 0x5e MCOPY
  2, 0, 1, 0, // 0x5f PUSH0
  3, 0, 1, 0, // 0x60 PUSH1
  3, 0, 1, 0, // 0x61 PUSH2
  3, 0, 1, 0, // 0x62 PUSH3
  3, 0, 1, 0, // 0x63 PUSH4
  3, 0, 1, 0, // 0x64 PUSH5
  3, 0, 1, 0, // 0x65 PUSH6
  3, 0, 1, 0, // 0x66 PUSH7
  3, 0, 1, 0, // 0x67 PUSH8
  3, 0, 1, 0, // 0x68 PUSH9
  3, 0, 1, 0, // 0x69 PUSH10
  3, 0, 1, 0, // 0x6a PUSH11
  3, 0, 1, 0, // 0x6b PUSH12
  3, 0, 1, 0, // 0x6c PUSH13
  3, 0, 1, 0, // 0x6d PUSH14
  3, 0, 1, 0, // 0x6e PUSH15
  3, 0, 1, 0, // 0x6f PUSH16
  3, 0, 1, 0, // 0x70 PUSH17
  3, 0, 1, 0, // 0x71 PUSH18
  3, 0, 1, 0, // 0x72 PUSH19
  3, 0, 1, 0, // 0x73 PUSH20
  3, 0, 1, 0, // 0x74 PUSH21
  3, 0, 1, 0, // 0x75 PUSH22
  3, 0, 1, 0, // 0x76 PUSH23
  3, 0, 1, 0, // 0x77 PUSH24
  3, 0, 1, 0, // 0x78 PUSH25
  3, 0, 1, 0, // 0x79 PUSH26
  3, 0, 1, 0, // 0x7a PUSH27
  3, 0, 1, 0, // 0x7b PUSH28
  3, 0, 1, 0, // 0x7c PUSH29
  3, 0, 1, 0, // 0x7d PUSH30
  3, 0, 1, 0, // 0x7e PUSH31
  3, 0, 1, 0, // 0x7f PUSH32
  3, 1, 2, 0, // 0x80 DUP1
  3, 2, 3, 0, // 0x81 DUP2
  3, 3, 4, 0, // 0x82 DUP3
  3, 4, 5, 0, // 0x83 DUP4
  3, 5, 6, 0, // 0x84 DUP5
  3, 6, 7, 0, // 0x85 DUP6
  3, 7, 8, 0, // 0x86 DUP7
  3, 8, 9, 0, // 0x87 DUP8
  3, 9, 10, 0, // 0x88 DUP9
  3, 10, 11, 0, // 0x89 DUP10
  3, 11, 12, 0, // 0x8a DUP11
  3, 12, 13, 0, // 0x8b DUP12
  3, 13, 14, 0, // 0x8c DUP13
  3, 14, 15, 0, // 0x8d DUP14
  3, 15, 16, 0, // 0x8e DUP15
  3, 16, 17, 0, // 0x8f DUP16
  3, 2, 2, 0, // 0x90 SWAP1
  3, 3, 3, 0, // 0x91 SWAP2
  3, 4, 4, 0, // 0x92 SWAP3
  3, 5, 5, 0, // 0x93 SWAP4
  3, 6, 6, 0, // 0x94 SWAP5
  3, 7, 7, 0, // 0x95 SWAP6
  3, 8, 8, 0, // 0x96 SWAP7
  3, 9, 9, 0, // 0x97 SWAP8
  3, 10, 10, 0, // 0x98 SWAP9
  3, 11, 11, 0, // 0x99 SWAP10
  3, 12, 12, 0, // 0x9a SWAP11
  3, 13, 13, 0, // 0x9b SWAP12
  3, 14, 14, 0, // 0x9c SWAP13
  3, 15, 15, 0, // 0x9d SWAP14
  3, 16, 16, 0, // 0x9e SWAP15
  3, 17, 17, 0, // 0x9f SWAP16
  0, 2, 0, 0, // 0xa0 LOG0
  0, 3, 0, 0, // 0xa1 LOG1
  0, 4, 0, 0, // 0xa2 LOG2
  0, 5, 0, 0, // 0xa3 LOG3
  0, 6, 0, 0, // 0xa4 LOG4
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xa5–0xaa
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xab–0xb0
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xb1–0xb6
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xb7–0xbc
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xbd–0xc2
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xc3–0xc8
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xc9–0xce
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xcf–0xd4
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xd5–0xda
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xdb–0xe0
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xe1–0xe6
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xe7–0xec
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xed–0xef
  0, 3, 1, 0, // 0xf0 CREATE
  0, 7, 1, 0, // 0xf1 CALL
  0, 7, 1, 0, // 0xf2 CALLCODE
  0, 2, 0, 0, // 0xf3 RETURN
  0, 6, 1, 0, // 0xf4 DELEGATECALL
  0, 4, 1, 0, // 0xf5 CREATE2
  0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xf6–0xf9
  0, 6, 1, 0, // 0xfa STATICCALL
  0, 0, 0, 0xff, 0, 0, 0, 0xff, // 0xfb–0xfc
  0, 2, 0, 0, // 0xfd REVERT
  0, 0, 0, 0, // 0xfe INVALID
  0, 1, 0, 0, // 0xff SELFDESTRUCT
]);

@inline
export function staticGas(opcode: u32): u32 {
  return load<u8>(TABLE + (<usize>opcode << 2));
}

@inline
export function wordsTaken(opcode: u32): i32 {
  return load<u8>(TABLE + (<usize>opcode << 2), 1);
}

@inline
export function wordsLeft(opcode: u32): i32 {
  return load<u8>(TABLE + (<usize>opcode << 2), 2);
}

@inline
export function isDefined(opcode: u32, fork: u32): bool {
  const first = <u32>load<u8>(TABLE + (<usize>opcode << 2), 3);
  return first != UNDEFINED && first <= fork;
}
