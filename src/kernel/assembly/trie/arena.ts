/**
 * The memory of the tries: one shared region, cut into pages, each page into nodes of one of a few sizes.
 *
 * Every instance (worker) keeps short free lists of its own in its private scratch and exchanges batches with the shared
 * lists under a spin lock, so that jobs allocate and free without meeting. Pages whose nodes are all free can be taken
 * back for another size (`reclaimPages`), and nearly empty ones emptied (compact.ts). A node's address is a u32, never 0.
 *
 * The region opens with this header (byte offsets):
 *   0 first page · 4 next page never used · 8 end of the pages · 12 list of free pages · 16 spin lock · 20 number of this layout
 *   24 shared free lists: per size class u32 head, u32 count
 *   96 first changed trie · 100 bucket mask · 104 address of the buckets · 108 cursor of the eviction · 112 count per page
 *   116 number of free pages · 120 lock of who loads nodes to read · 124 whether state is read here (absence.ts)
 *   128 the account trie's record
 *   512 buckets of the storage tries, then a u16 for each page, then the pages
 */

import { setStatus, STATUS_OUT_OF_MEMORY } from './status';

export const SIZE_CLASS_COUNT: i32 = 7;

/** Bytes of each size class; the first serves most leaves, 88 extensions and branches of two, 592 full branches. */
const CLASS_SIZES: usize = memory.data<u16>([64, 88, 160, 304, 448, 592, 768]);

const PAGE_SHIFT: u32 = 13;
const PAGE_SIZE: u32 = 1 << PAGE_SHIFT;

/** What `reclaimPages` and a compaction note of each page that has free nodes: how many, the size class, victim or not. */
const PAGE_COUNT_MASK: u32 = 0xff;
const PAGE_CLASS_SHIFT: u32 = 8;
const PAGE_VICTIM: u32 = 0x8000;

const FIRST_PAGE: usize = 0;
const NEXT_PAGE: usize = 4;
const END: usize = 8;
const FREE_PAGES: usize = 12;
const LOCK: usize = 16;
/** u32: how often the region was laid out. */
const FORMAT: usize = 20;
const SHARED_LISTS: usize = 24;
export const CHANGED_HEAD: usize = 96;
export const BUCKET_MASK: usize = 100;
export const BUCKETS: usize = 104;
export const EVICT_CURSOR: usize = 108;
const PAGE_COUNTS: usize = 112;
const FREE_PAGE_COUNT: usize = 116;
export const LOAD_LOCK: usize = 120;
export const IS_READ: usize = 124;
export const ACCOUNT_TRIE: usize = 128;
const HEADER_SIZE: usize = 512;

/** Nodes moved at once between an instance's list and the shared one. */
const BATCH: u32 = 32;

/** Base of the shared region. */
export let arena: usize = 0;
/** This instance's lists: per class u32 head, u32 count. */
let localLists: usize = 0;
/** Of the layout that the lists belong to. */
let format: u32 = 0;
/** Bytes of private memory the lists take. */
const LOCAL_LISTS_SIZE: usize = 64;

/** Makes this instance use the region at `base`, with its own lists at `lists`. */
export function attachArena(base: usize, lists: usize): void {
  arena = base;
  localLists = lists;
  format = load<u32>(base, FORMAT);
  memory.fill(lists, 0, LOCAL_LISTS_SIZE);
}

/** Forgets this instance's lists where the region was laid out anew since it was attached. */
export function followArena(): void {
  if (arena != 0 && load<u32>(arena, FORMAT) != format) attachArena(arena, localLists);
}

/** Lays out an empty region: header, `bucketCount` (a power of two) buckets, page counts, pages. */
export function formatArena(base: usize, size: usize, bucketCount: u32): void {
  const buckets = base + HEADER_SIZE;
  const counts = buckets + 4 * (<usize>bucketCount);
  const first = (counts + 2 * (size >> PAGE_SHIFT) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  const number = load<u32>(base, FORMAT) + 1;
  memory.fill(base, 0, first - base);
  store<u32>(base, number, FORMAT);
  store<u32>(base, <u32>first, FIRST_PAGE);
  store<u32>(base, <u32>first, NEXT_PAGE);
  store<u32>(base, <u32>(base + size) & ~(PAGE_SIZE - 1), END);
  store<u32>(base, bucketCount - 1, BUCKET_MASK);
  store<u32>(base, <u32>buckets, BUCKETS);
  store<u32>(base, <u32>counts, PAGE_COUNTS);
}

export function classSize(sizeClass: i32): u32 {
  return <u32>load<u16>(CLASS_SIZES + 2 * sizeClass);
}

/** The smallest class that holds `size` bytes. */
export function classFor(size: i32): i32 {
  if (size <= 64) return 0;
  if (size <= 88) return 1;
  if (size <= 160) return 2;
  if (size <= 304) return 3;
  if (size <= 448) return 4;
  if (size <= 592) return 5;
  return 6;
}

/** A node of `sizeClass`, contents undefined; 0 and STATUS_OUT_OF_MEMORY when the region is full. */
export function allocate(sizeClass: i32): usize {
  const list = localLists + 8 * sizeClass;
  let node = <usize>load<u32>(list);
  if (node == 0) {
    refill(sizeClass);
    node = load<u32>(list);
    if (node == 0) {
      setStatus(STATUS_OUT_OF_MEMORY);
      return 0;
    }
  }
  store<u32>(list, load<u32>(node));
  store<u32>(list, load<u32>(list, 4) - 1, 4);
  return node;
}

export function release(node: usize, sizeClass: i32): void {
  const list = localLists + 8 * sizeClass;
  store<u32>(node, load<u32>(list));
  store<u32>(list, <u32>node);
  const count = load<u32>(list, 4) + 1;
  store<u32>(list, count, 4);
  if (count >= 2 * BATCH) move(list, arena + SHARED_LISTS + 8 * sizeClass, BATCH);
}

/** Gives all of this instance's free nodes to the shared lists. */
export function releaseLocalLists(): void {
  if (arena == 0) return;
  for (let sizeClass = 0; sizeClass < SIZE_CLASS_COUNT; sizeClass++) {
    const list = localLists + 8 * sizeClass;
    if (load<u32>(list) != 0) move(list, arena + SHARED_LISTS + 8 * sizeClass, u32.MAX_VALUE);
  }
}

/** Bytes that can still be allocated, in whatever size class they lie; this instance's lists included. */
export function freeBytes(): u32 {
  let bytes = load<u32>(arena, END) - load<u32>(arena, NEXT_PAGE) + load<u32>(arena, FREE_PAGE_COUNT) * PAGE_SIZE;
  for (let sizeClass = 0; sizeClass < SIZE_CLASS_COUNT; sizeClass++) {
    const count = load<u32>(arena + SHARED_LISTS + 8 * sizeClass, 4) + load<u32>(localLists + 8 * sizeClass, 4);
    bytes += count * classSize(sizeClass);
  }
  return bytes;
}

/** Bytes of all pages. */
export function totalBytes(): u32 {
  return load<u32>(arena, END) - load<u32>(arena, FIRST_PAGE);
}

/** Makes pages of which every node is in a shared free list free for any size class. Only while no jobs run. */
export function reclaimPages(): void {
  const first = load<u32>(arena, FIRST_PAGE);
  const counts = <usize>load<u32>(arena, PAGE_COUNTS);
  releaseLocalLists();
  memory.fill(counts, 0, 2 * ((load<u32>(arena, NEXT_PAGE) - first) >> PAGE_SHIFT));
  for (let sizeClass = 0; sizeClass < SIZE_CLASS_COUNT; sizeClass++) {
    const perPage = PAGE_SIZE / classSize(sizeClass);
    const list = arena + SHARED_LISTS + 8 * sizeClass;
    for (let node = load<u32>(list); node != 0; node = load<u32>(node)) {
      const count = counts + 2 * ((node - first) >> PAGE_SHIFT);
      store<u16>(count, <u16>((sizeClass << PAGE_CLASS_SHIFT) | ((load<u16>(count) & PAGE_COUNT_MASK) + 1)));
    }
    let link = list;
    let kept: u32 = 0;
    for (let node = load<u32>(list); node != 0; ) {
      const next = load<u32>(node);
      if (<u32>(load<u16>(counts + 2 * ((node - first) >> PAGE_SHIFT)) & PAGE_COUNT_MASK) == perPage) {
        store<u32>(link, next);
        // The page's first node stands for it; the list of pages runs through these.
        if (((node - first) & (PAGE_SIZE - 1)) == 0) freePage(node);
      } else {
        link = node;
        kept++;
      }
      node = next;
    }
    store<u32>(list, kept, 4);
  }
}

/**
 * First half of a compaction: chooses the *victims*, the emptiest pages of each class, as many as the free nodes of the
 * others have room for, and takes their free nodes out of the lists, so that what is allocated from now on lies elsewhere.
 * Only while no jobs run, right after `reclaimPages`.
 */
export function chooseVictims(): void {
  const first = load<u32>(arena, FIRST_PAGE);
  const counts = <usize>load<u32>(arena, PAGE_COUNTS);
  for (let sizeClass = 0; sizeClass < SIZE_CLASS_COUNT; sizeClass++) {
    const fullest = fullestVictim(sizeClass);
    const list = arena + SHARED_LISTS + 8 * sizeClass;
    let link = list;
    let kept: u32 = 0;
    for (let node = load<u32>(list); node != 0; ) {
      const next = load<u32>(node);
      const count = counts + 2 * ((node - first) >> PAGE_SHIFT);
      if (<u32>(load<u16>(count) & PAGE_COUNT_MASK) >= fullest) {
        store<u16>(count, load<u16>(count) | PAGE_VICTIM);
        store<u32>(link, next);
        abandon(node);
      } else {
        link = node;
        kept++;
      }
      node = next;
    }
    store<u32>(list, kept, 4);
  }
}

/** The fewest free nodes a page of the class may have to be a victim: the pages with fewer have room for all of theirs. */
function fullestVictim(sizeClass: i32): u32 {
  let low: u32 = 2;
  let high = PAGE_SIZE / classSize(sizeClass);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (haveRoom(sizeClass, middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether the class's pages with fewer than `bound` free nodes have room for the nodes of its other pages. */
function haveRoom(sizeClass: i32, bound: u32): bool {
  const counts = <usize>load<u32>(arena, PAGE_COUNTS);
  const end = counts + 2 * ((load<u32>(arena, NEXT_PAGE) - load<u32>(arena, FIRST_PAGE)) >> PAGE_SHIFT);
  const perPage = PAGE_SIZE / classSize(sizeClass);
  let room: u32 = 0;
  let moving: u32 = 0;
  for (let count = counts; count < end; count += 2) {
    const word = <u32>load<u16>(count);
    const free = word & PAGE_COUNT_MASK;
    // A page whose nodes are all free was reclaimed: it belongs to no class.
    if (free == 0 || free == perPage || ((word >> PAGE_CLASS_SHIFT) & 7) != <u32>sizeClass) continue;
    if (free < bound) room += free;
    else moving += perPage - free;
  }
  return room >= moving;
}

export function isInVictim(node: usize): bool {
  const page = (<u32>node - load<u32>(arena, FIRST_PAGE)) >> PAGE_SHIFT;
  return (load<u16>(<usize>load<u32>(arena, PAGE_COUNTS) + 2 * page) & PAGE_VICTIM) != 0;
}

/** Marks a node of a victim as no longer used. No node in use begins with four zero bytes. */
export function abandon(node: usize): void {
  store<u32>(node, 0);
}

/** Second half: frees the victims that nothing uses any more; of the others the abandoned nodes go back into the lists. */
export function settleVictims(): void {
  const counts = <usize>load<u32>(arena, PAGE_COUNTS);
  const end = load<u32>(arena, NEXT_PAGE);
  let count = counts;
  for (let page = load<u32>(arena, FIRST_PAGE); page < end; page += PAGE_SIZE) {
    const word = <u32>load<u16>(count);
    count += 2;
    if ((word & PAGE_VICTIM) == 0) continue;
    const sizeClass = <i32>((word >> PAGE_CLASS_SHIFT) & 7);
    const size = classSize(sizeClass);
    const last = page + (PAGE_SIZE / size - 1) * size;
    let node = page;
    while (node <= last && load<u32>(node) == 0) node += size;
    if (node > last) {
      freePage(page);
      continue;
    }
    for (node = page; node <= last; node += size) if (load<u32>(node) == 0) release(node, sizeClass);
  }
}

function freePage(page: u32): void {
  store<u32>(page, load<u32>(arena, FREE_PAGES));
  store<u32>(arena, page, FREE_PAGES);
  store<u32>(arena, load<u32>(arena, FREE_PAGE_COUNT) + 1, FREE_PAGE_COUNT);
}

function lock(): void {
  while (atomic.cmpxchg<u32>(arena + LOCK, 0, 1) != 0) {}
}

function unlock(): void {
  atomic.store<u32>(arena + LOCK, 0);
}

/** Moves up to `count` nodes from the front of one list to another, one of which is shared. */
function move(from: usize, to: usize, count: u32): void {
  lock();
  while (count > 0) {
    const node = <usize>load<u32>(from);
    if (node == 0) break;
    store<u32>(from, load<u32>(node));
    store<u32>(from, load<u32>(from, 4) - 1, 4);
    store<u32>(node, load<u32>(to));
    store<u32>(to, <u32>node);
    store<u32>(to, load<u32>(to, 4) + 1, 4);
    count--;
  }
  unlock();
}

/** Fills this instance's list of a class from the shared list, else from a free page. */
function refill(sizeClass: i32): void {
  const list = localLists + 8 * sizeClass;
  move(arena + SHARED_LISTS + 8 * sizeClass, list, BATCH);
  if (load<u32>(list) != 0) return;
  const page = takePage();
  if (page == 0) return;
  const size = classSize(sizeClass);
  const count = PAGE_SIZE / size;
  // Linked backwards, so that the nodes are handed out in address order.
  for (let i = count; i > 0; i--) {
    const node = page + (i - 1) * size;
    store<u32>(node, load<u32>(list));
    store<u32>(list, node);
  }
  store<u32>(list, count, 4);
}

function takePage(): u32 {
  lock();
  let page = load<u32>(arena, FREE_PAGES);
  if (page != 0) {
    store<u32>(arena, load<u32>(page), FREE_PAGES);
    store<u32>(arena, load<u32>(arena, FREE_PAGE_COUNT) - 1, FREE_PAGE_COUNT);
  } else if (load<u32>(arena, NEXT_PAGE) < load<u32>(arena, END)) {
    page = load<u32>(arena, NEXT_PAGE);
    store<u32>(arena, page + PAGE_SIZE, NEXT_PAGE);
  }
  unlock();
  return page;
}
