/** How a frame or a transaction ended. What is below 16 was included in the block; what is above leaves no trace. */
export const enum Status {
  /** STOP, RETURN or SELFDESTRUCT. */
  Success = 0,
  /** REVERT: state is undone, unused gas is kept. */
  Reverted = 1,
  /** Any exceptional halt: state is undone, all gas is used. */
  Failed = 2,

  // A transaction that must not be included.
  NonceTooLow = 16,
  NonceTooHigh = 17,
  NonceMax = 18,
  InsufficientFunds = 19,
  IntrinsicGasTooLow = 20,
  FeeCapBelowBaseFee = 21,
  TipAboveFeeCap = 22,
  SenderNotEoa = 23,
  GasAboveBlock = 24,
  GasAboveCap = 25,
  InitcodeTooLarge = 26,
  BlobFeeCapTooLow = 27,
  NoBlobs = 28,
  TooManyBlobs = 29,
  BlobVersionUnknown = 30,
  ToMissing = 31,
  EmptyAuthorizationList = 32,
  TypeNotSupported = 33,
  WrongChainId = 34,
  CostOverflow = 35,
  /** Its bytes are no transaction: the host hands over only what it has decoded. */
  Malformed = 36,

  /** An area of the kernel's memory ran out: nothing was applied; the host gives more room or splits the work. */
  RegionFull = 64,
}
