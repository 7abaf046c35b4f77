;; The inner loops of the block encoder: number the short texts of a batch's rows, group the rows by
;; kind, gather the long texts, find the tokens in them. `encoder-wasm.ts` calls it; `node
;; scripts/wasm.ts` assembles it into `encode.wasm.ts`.
;;
;; The batch lies in a memory of its own, at addresses that the caller passes. The layout of this
;; module's memory, and of a dictionary in it, is in `memory-layout.ts`: `%...%` stands for a
;; constant of that file or of `model/batch-layout.ts`.
;;
;; Loads and stores go 16 bytes at a time and may touch up to 63 bytes beyond a text: the caller
;; leaves room for that.
(module
  (import "own" "memory" (memory $own %OWN_PAGES%))
  (import "batch" "memory" (memory $batch 1))
  ;; Called with start and end of each token that has bytes beyond ASCII.
  (import "texts" "wide" (func $wide (param $start i32) (param $end i32)))
  (global (export "rows") i32 (i32.const %ROWS%))
  (global (export "placed") i32 (i32.const %PLACED%))
  (global (export "places") i32 (i32.const %PLACES%))
  (global (export "kindOf") i32 (i32.const %KIND_OF%))
  (global (export "counts") i32 (i32.const %COUNTS%))
  (global (export "keys") i32 (i32.const %KEYS%))
  (global (export "kindRows") i32 (i32.const %KIND_ROWS%))
  (global (export "ranks") i32 (i32.const %RANKS%))
  (global (export "ids") i32 (i32.const %IDS%))
  (global (export "presences") i32 (i32.const %PRESENCES%))
  (global (export "known") i32 (i32.const %KNOWN%))
  (global (export "section") i32 (i32.const %SECTION%))
  (global (export "doubles") i32 (i32.const %DOUBLES%))
  (global (export "free") i32 (i32.const %FREE%))
  (data (i32.const %MASKS%) "\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff\ff")

  ;; include base/wasm/first-bytes.wat

  ;; Adds tokens to the filter, by their hashes in HASHES [at, to): three bits each, chosen by the
  ;; low 18 bits of a number. Done apart from the search for tokens, because that would wait for the
  ;; filter's loads and stores: half the time. The three steps are written out, because V8 does not
  ;; reliably inline functions.
  (func $addListed (param $at i32) (param $to i32)
    (local $hash i32) (local $bit i32) (local $word i32)
    (block $done
      (loop $hashes
        (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $hash (i32.load offset=%HASHES% (local.get $at)))
        (local.set $hash (i32.mul
          (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 15))) (i32.const 0x2c1b3c6d)))
        (local.set $word (i32.and (i32.shr_u (local.get $hash) (i32.const 3)) (i32.const 0x7ffc)))
        (i32.store (local.get $word)
          (i32.or (i32.load (local.get $word)) (i32.shl (i32.const 1) (local.get $hash))))
        (local.set $bit (i32.shr_u (local.get $hash) (i32.const 14)))
        (local.set $word (i32.and (i32.shr_u (local.get $bit) (i32.const 3)) (i32.const 0x7ffc)))
        (i32.store (local.get $word)
          (i32.or (i32.load (local.get $word)) (i32.shl (i32.const 1) (local.get $bit))))
        (local.set $bit (i32.mul
          (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 13))) (i32.const 0x297a2d39)))
        (local.set $word (i32.and (i32.shr_u (local.get $bit) (i32.const 3)) (i32.const 0x7ffc)))
        (i32.store (local.get $word)
          (i32.or (i32.load (local.get $word)) (i32.shl (i32.const 1) (local.get $bit))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $hashes))))

  ;; Adds one token to the filter by its hash.
  (func (export "add") (param $hash i32)
    (i32.store offset=%HASHES% (i32.const %SINGLE_HASH%) (local.get $hash))
    (call $addListed (i32.const %SINGLE_HASH%) (i32.const %SINGLE_HASH_END%)))

  ;; Adds the tokens of the texts in [at, to), each ended by a line feed, to the filter. Returns the
  ;; number of line feeds.
  ;;
  ;; Each window of 64 bytes becomes a word of 64 bits that marks the bytes of tokens, and so their
  ;; starts and ends. `open` is set while a token continues in the next window, `wideOpen` if that
  ;; token has bytes beyond ASCII.
  (func (export "scan") (param $at i32) (param $to i32) (result i32)
    (local $chunk i32) (local $bytes v128)
    (local $tokens i64) (local $high i64) (local $shifted i64) (local $starts i64) (local $ends i64) (local $below i64)
    (local $start i32) (local $end i32) (local $rest i32) (local $hash i32)
    (local $open i64) (local $wideOpen i32) (local $lineFeeds i32) (local $listed i32)
    ;; In locals, because V8 rebuilds a vector constant at each use in a loop, which costs more than
    ;; the use itself.
    (local $ten v128) (local $small v128) (local $letterA v128) (local $letters v128)
    (local $digit0 v128) (local $underscore v128) (local $before v128) (local $after v128)
    (local.set $ten (i8x16.splat (i32.const 10)))
    (local.set $small (i8x16.splat (i32.const 0x20)))
    (local.set $letterA (i8x16.splat (i32.const 0x61)))
    (local.set $letters (i8x16.splat (i32.const 26)))
    (local.set $digit0 (i8x16.splat (i32.const 0x30)))
    (local.set $underscore (i8x16.splat (i32.const 0x5f)))
    (local.set $before (v128.const i32x4 0x9e3779b1 0x85ebca77 0xc2b2ae3d 0x27d4eb2f))
    (local.set $after (v128.const i32x4 0x2c1b3c6d 0x297a2d39 0x165667b1 0x7feb352d))
    ;; Zeros after the texts: neither token nor line feed.
    (v128.store offset=0 (local.get $to) (v128.const i64x2 0 0))
    (v128.store offset=16 (local.get $to) (v128.const i64x2 0 0))
    (v128.store offset=32 (local.get $to) (v128.const i64x2 0 0))
    (v128.store offset=48 (local.get $to) (v128.const i64x2 0 0))
    (block $done
      (loop $window
        (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $tokens (i64.const 0))
        (local.set $high (i64.const 0))
        (local.set $chunk (i32.const 0))
        (loop $chunks
          (local.set $bytes (v128.load (i32.add (local.get $at) (local.get $chunk))))
          (local.set $lineFeeds (i32.add (local.get $lineFeeds)
            (i32.popcnt (i8x16.bitmask (i8x16.eq (local.get $bytes) (local.get $ten))))))
          (local.set $high (i64.or (local.get $high)
            (i64.shl (i64.extend_i32_u (i8x16.bitmask (local.get $bytes))) (i64.extend_i32_u (local.get $chunk)))))
          ;; Letters, digits and `_`; bytes beyond ASCII have their highest bit set already, which
          ;; is what bitmask reads.
          (local.set $bytes (v128.or
            (v128.or
              (i8x16.lt_u
                (i8x16.sub (v128.or (local.get $bytes) (local.get $small)) (local.get $letterA))
                (local.get $letters))
              (i8x16.lt_u (i8x16.sub (local.get $bytes) (local.get $digit0)) (local.get $ten)))
            (v128.or (i8x16.eq (local.get $bytes) (local.get $underscore)) (local.get $bytes))))
          (local.set $tokens (i64.or (local.get $tokens)
            (i64.shl (i64.extend_i32_u (i8x16.bitmask (local.get $bytes))) (i64.extend_i32_u (local.get $chunk)))))
          (local.set $chunk (i32.add (local.get $chunk) (i32.const 16)))
          (br_if $chunks (i32.lt_u (local.get $chunk) (i32.const 64))))
        ;; If the window is ASCII, drops tokens of one or two bytes, which every block has: keeps
        ;; bytes followed by two more, and those two. A token that crosses an end of the window
        ;; stays.
        (if (i64.eqz (local.get $high)) (then
          (local.set $below (i64.and
            (i64.and (local.get $tokens) (i64.sub (i64.const 0) (local.get $open)))
            (i64.xor (i64.add (local.get $tokens) (i64.const 1)) (i64.const -1))))
          (local.set $tokens (i64.and
            (i64.and
              (local.get $tokens)
              (i64.or (i64.shr_u (local.get $tokens) (i64.const 1)) (i64.const 0x8000000000000000)))
            (i64.or (i64.shr_u (local.get $tokens) (i64.const 2)) (i64.const 0xc000000000000000))))
          (local.set $tokens (i64.or
            (i64.or (local.get $tokens) (local.get $below))
            (i64.or (i64.shl (local.get $tokens) (i64.const 1)) (i64.shl (local.get $tokens) (i64.const 2)))))))
        (local.set $shifted (i64.or (i64.shl (local.get $tokens) (i64.const 1)) (local.get $open)))
        (local.set $starts (i64.and (local.get $tokens) (i64.xor (local.get $shifted) (i64.const -1))))
        (local.set $ends (i64.and (local.get $shifted) (i64.xor (local.get $tokens) (i64.const -1))))
        ;; From here on `start` belongs to the token that ends next.
        (if (i64.eqz (local.get $open)) (then
          (local.set $start (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $starts)))))
          (local.set $starts (i64.and (local.get $starts) (i64.sub (local.get $starts) (i64.const 1))))))
        (local.set $open (i64.shr_u (local.get $tokens) (i64.const 63)))
        (block $next
          (loop $token
            (br_if $next (i64.eqz (local.get $ends)))
            (local.set $end (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $ends)))))
            (local.set $below (i64.sub
              (i64.and (local.get $ends) (i64.sub (i64.const 0) (local.get $ends))) (i64.const 1)))
            (if (i32.or (local.get $wideOpen) (i64.ne (i64.and (local.get $high) (local.get $below)) (i64.const 0)))
              (then
                (call $wide (local.get $start) (local.get $end))
                (local.set $wideOpen (i32.const 0))
                (local.set $high (i64.and (local.get $high) (i64.xor (local.get $below) (i64.const -1)))))
              (else
                (local.set $rest (i32.sub (local.get $end) (local.get $start)))
                (local.set $hash (i32.const 0))
                (loop $more
                  ;; 0x20 folds capitals to small letters, keeps digits, and turns `_` into a byte
                  ;; that no token has.
                  (local.set $bytes (v128.and
                    (v128.or (v128.load (local.get $start)) (local.get $small))
                    (v128.load offset=%MASKS% (select
                      (i32.sub (i32.const 16) (local.get $rest))
                      (i32.const 0)
                      (i32.lt_s (local.get $rest) (i32.const 16))))))
                  ;; For each 16 bytes: each word times a constant, mixed, times another constant;
                  ;; then the sum. `hashOf` in token-filter.ts computes the same.
                  (local.set $bytes (i32x4.mul
                    (local.get $bytes) (local.get $before)))
                  (local.set $bytes (v128.xor (local.get $bytes) (i32x4.shr_u (local.get $bytes) (i32.const 15))))
                  (local.set $bytes (i32x4.mul
                    (local.get $bytes) (local.get $after)))
                  (local.set $bytes (i32x4.add (local.get $bytes)
                    (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7 (local.get $bytes) (local.get $bytes))))
                  (local.set $hash (i32.add
                    (i32.mul (local.get $hash) (i32.const 0x01000193))
                    (i32.add (i32x4.extract_lane 0 (local.get $bytes)) (i32x4.extract_lane 1 (local.get $bytes)))))
                  (local.set $start (i32.add (local.get $start) (i32.const 16)))
                  (local.set $rest (i32.sub (local.get $rest) (i32.const 16)))
                  (br_if $more (i32.gt_s (local.get $rest) (i32.const 0))))
                (i32.store offset=%HASHES% (local.get $listed) (local.get $hash))
                (local.set $listed (i32.add (local.get $listed) (i32.const 4)))))
            (local.set $ends (i64.and (local.get $ends) (i64.sub (local.get $ends) (i64.const 1))))
            (local.set $start (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $starts)))))
            (local.set $starts (i64.and (local.get $starts) (i64.sub (local.get $starts) (i64.const 1))))
            (br $token)))
        ;; Bits left in `high` belong to the open token.
        (local.set $wideOpen (i32.or (local.get $wideOpen) (i64.ne (local.get $high) (i64.const 0))))
        (if (i32.ge_u (local.get $listed) (i32.const %HASHES_FULL%)) (then
          (call $addListed (i32.const 0) (local.get $listed))
          (local.set $listed (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $window)))
    (call $addListed (i32.const 0) (local.get $listed))
    (local.get $lineFeeds))

  ;; The number of bits set in the first `bytes` bytes of the filter.
  (func (export "fill") (param $bytes i32) (result i32)
    (local $at i32) (local $set i64)
    (loop $words
      (local.set $set (i64.add (local.get $set) (i64.popcnt (i64.load (local.get $at)))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $words (i32.lt_u (local.get $at) (local.get $bytes))))
    (i32.wrap_i64 (local.get $set)))

  ;; Folds the second half of the filter, from `half` on, into its first half.
  (func (export "halve") (param $half i32)
    (local $at i32)
    (loop $words
      (i64.store (local.get $at) (i64.or
        (i64.load (local.get $at)) (i64.load (i32.add (local.get $at) (local.get $half)))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $words (i32.lt_u (local.get $at) (local.get $half)))))

  ;; The number of line feeds in [at, to); overwrites the 16 bytes after it.
  (func (export "lineFeeds") (param $at i32) (param $to i32) (result i32)
    (local $count i32)
    (v128.store (local.get $to) (v128.const i64x2 0 0))
    (block $done
      (loop $chunks
        (br_if $done (i32.ge_u (local.get $at) (local.get $to)))
        (local.set $count (i32.add (local.get $count)
          (i32.popcnt (i8x16.bitmask (i8x16.eq (v128.load (local.get $at)) (i8x16.splat (i32.const 10)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $chunks)))
    (local.get $count))

  ;; Bytes of all four texts of all rows, each with a line feed. `lengths` is the batch's span column.
  (func (export "measure") (param $count i32) (param $lengths i32) (result f64)
    (local $i i32) (local $row v128) (local $sum v128)
    (loop $rows
      ;; The texts are the last four of a row's eight spans. An absent text has length -1 and takes
      ;; no bytes.
      (local.set $row (i32x4.add (i32x4.splat (i32.const 1)) (v128.load $batch offset=%STRUCTURED_DATA% (i32.add (local.get $lengths)
        (i32.shl (i32.load offset=%ROWS% (i32.shl (local.get $i) (i32.const 2))) (i32.const %SPAN_ROW_SHIFT%))))))
      (local.set $sum (i64x2.add (local.get $sum) (i64x2.extend_low_i32x4_u (local.get $row))))
      (local.set $sum (i64x2.add (local.get $sum) (i64x2.extend_high_i32x4_u (local.get $row))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $i) (local.get $count))))
    (f64.convert_i64_u (i64.add
      (i64x2.extract_lane 0 (local.get $sum)) (i64x2.extract_lane 1 (local.get $sum)))))

  ;; Writes one text of each place, with a line feed, to `out`, and 1 or 0 for each place to
  ;; `presence`. `offsets` and `lengths` are the addresses of the text's span in the first row.
  ;; Returns the end, and how many places have the text.
  (func (export "gather") (param $count i32) (param $offsets i32) (param $lengths i32) (param $arena i32)
        (param $presence i32) (param $out i32) (result i32 i32)
    (local $place i32) (local $row i32) (local $length i32) (local $from i32) (local $end i32) (local $found i32)
    (loop $places
      (local.set $row (i32.shl (i32.load offset=%PLACED% (local.get $place)) (i32.const %SPAN_ROW_SHIFT%)))
      (local.set $length (i32.load $batch (i32.add (local.get $lengths) (local.get $row))))
      (i32.store (i32.add (local.get $presence) (local.get $place)) (i32.ge_s (local.get $length) (i32.const 0)))
      (if (i32.ge_s (local.get $length) (i32.const 0)) (then
        (local.set $found (i32.add (local.get $found) (i32.const 1)))
        (local.set $from (i32.add (local.get $arena) (i32.load $batch (i32.add (local.get $offsets) (local.get $row)))))
        (local.set $end (i32.add (local.get $out) (local.get $length)))
        (loop $copy
          (v128.store (local.get $out) (v128.load $batch (local.get $from)))
          (v128.store offset=16 (local.get $out) (v128.load $batch offset=16 (local.get $from)))
          (local.set $from (i32.add (local.get $from) (i32.const 32)))
          (local.set $out (i32.add (local.get $out) (i32.const 32)))
          (br_if $copy (i32.lt_u (local.get $out) (local.get $end))))
        (i32.store8 (local.get $end) (i32.const 10))
        (local.set $out (i32.add (local.get $end) (i32.const 1)))))
      (local.set $place (i32.add (local.get $place) (i32.const 4)))
      (br_if $places (i32.lt_u (local.get $place) (i32.shl (local.get $count) (i32.const 2)))))
    (local.get $out)
    (local.get $found))

  ;; Whether the texts of `length` bytes at two addresses are equal.
  (func $equal (param $a i32) (param $b i32) (param $length i32) (result i32)
    ;; include base/wasm/equal-texts.wat
  )

  ;; Looks up, or adds, the entry of a dictionary for a text. Most texts have at most 16 bytes:
  ;; these are loaded once and compared directly.
  (func $entry (param $dictionary i32) (param $at i32) (param $length i32) (result i32)
    (local $hash i32) (local $done i32) (local $slot i32) (local $entry i32) (local $place i32)
    (local $mask v128) (local $head v128) (local $bytes v128)
    (local.set $hash (local.get $length))
    (if (i32.gt_s (local.get $length) (i32.const 0)) (then
      (local.set $mask (v128.load offset=%MASKS% (select
        (i32.sub (i32.const 16) (local.get $length))
        (i32.const 0)
        (i32.lt_s (local.get $length) (i32.const 16)))))
      (local.set $head (v128.and (v128.load $batch (local.get $at)) (local.get $mask)))
      (local.set $bytes (local.get $head))
      (loop $chunks
        ;; include base/wasm/hash-step.wat
        (local.set $done (i32.add (local.get $done) (i32.const 16)))
        (if (i32.lt_s (local.get $done) (local.get $length)) (then
          (local.set $bytes (call $first
            (i32.add (local.get $at) (local.get $done)) (i32.sub (local.get $length) (local.get $done))))
          (br $chunks))))))
    (local.set $slot (i32.and (i32.const %SLOT_MASK%) (i32.shr_u
      (i32.mul (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 15))) (i32.const 0x85ebca6b))
      (i32.const 17))))
    (block $new
      (loop $probe
        (local.set $entry (i32.load16_u (i32.add (local.get $dictionary) (local.get $slot))))
        (br_if $new (i32.eqz (local.get $entry)))
        (local.set $entry (i32.sub (local.get $entry) (i32.const 1)))
        (local.set $place (i32.add (local.get $dictionary) (i32.shl (local.get $entry) (i32.const 2))))
        (if (i32.eq (i32.load offset=%ENTRY_LENGTHS% (local.get $place)) (local.get $length)) (then
          (if (i32.le_s (local.get $length) (i32.const 0)) (then (return (local.get $entry))))
          (if (i32.eqz (v128.any_true (v128.xor (local.get $head) (v128.and
                (v128.load $batch (i32.load offset=%ENTRY_OFFSETS% (local.get $place))) (local.get $mask)))))
            (then
              (if (i32.le_s (local.get $length) (i32.const 16)) (then (return (local.get $entry))))
              (if (call $equal
                    (i32.add (i32.load offset=%ENTRY_OFFSETS% (local.get $place)) (i32.const 16))
                    (i32.add (local.get $at) (i32.const 16))
                    (i32.sub (local.get $length) (i32.const 16)))
                (then (return (local.get $entry))))))))
        (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 2)) (i32.const %SLOT_MASK%)))
        (br $probe)))
    (local.set $entry (i32.load offset=%ENTRY_COUNT% (local.get $dictionary)))
    (i32.store offset=%ENTRY_COUNT% (local.get $dictionary) (i32.add (local.get $entry) (i32.const 1)))
    (i32.store16 (i32.add (local.get $dictionary) (local.get $slot)) (i32.add (local.get $entry) (i32.const 1)))
    (local.set $place (i32.add (local.get $dictionary) (i32.shl (local.get $entry) (i32.const 2))))
    (i32.store offset=%ENTRY_OFFSETS% (local.get $place) (local.get $at))
    (i32.store offset=%ENTRY_LENGTHS% (local.get $place) (local.get $length))
    (i32.store offset=%ENTRY_BYTES% (local.get $dictionary) (i32.add
      (i32.load offset=%ENTRY_BYTES% (local.get $dictionary))
      (select (local.get $length) (i32.const 0) (i32.gt_s (local.get $length) (i32.const 0)))))
    (local.get $entry))

  ;; Fills the dictionaries from the batch rows in ROWS, and gives each row a kind. Returns the
  ;; number of kinds.
  (func (export "read") (param $count i32) (param $offsets i32) (param $lengths i32) (param $arena i32)
        (param $priorities i32) (result i32)
    (local $i i32) (local $row i32) (local $span i32) (local $dictionary i32)
    (local $key i32) (local $kind i32) (local $kinds i32)
    (local.set $dictionary (i32.const %DICTIONARIES%))
    (loop $clear
      (memory.fill (local.get $dictionary) (i32.const 0) (i32.const %SLOT_BYTES%))
      (i64.store offset=%ENTRY_COUNT% (local.get $dictionary) (i64.const 0))
      (local.set $dictionary (i32.add (local.get $dictionary) (i32.const %DICTIONARY_BYTES%)))
      (br_if $clear (i32.lt_u (local.get $dictionary) (i32.const %DICTIONARIES_END%))))
    (loop $rows
      (local.set $row (i32.load offset=%ROWS% (i32.shl (local.get $i) (i32.const 2))))
      ;; The dictionaries hold the first four of a row's eight spans, in the same order.
      (local.set $span (i32.shl (local.get $row) (i32.const %SPAN_ROW_SHIFT%)))
      (local.set $dictionary (i32.const %DICTIONARIES%))
      (loop $spans
        (i32.store16 offset=%ROW_ENTRIES% (i32.add (local.get $dictionary) (i32.shl (local.get $i) (i32.const 1)))
          (call $entry
            (local.get $dictionary)
            (i32.add (local.get $arena) (i32.load $batch (i32.add (local.get $offsets) (local.get $span))))
            (i32.load $batch (i32.add (local.get $lengths) (local.get $span)))))
        (local.set $span (i32.add (local.get $span) (i32.const %SPAN_BYTES%)))
        (local.set $dictionary (i32.add (local.get $dictionary) (i32.const %DICTIONARY_BYTES%)))
        (br_if $spans (i32.lt_u (local.get $dictionary) (i32.const %DICTIONARIES_END%))))
      (local.set $key (i32.add
        (i32.shl (i32.load16_u offset=%APP_ROW_ENTRIES% (i32.shl (local.get $i) (i32.const 1))) (i32.const 8))
        (i32.load8_u $batch (i32.add (local.get $priorities) (local.get $row)))))
      (local.set $kind (i32.load16_u offset=%KNOWN% (i32.shl (local.get $key) (i32.const 1))))
      (if (i32.eqz (local.get $kind)) (then
        (i32.store offset=%KEYS% (i32.shl (local.get $kinds) (i32.const 2)) (local.get $key))
        (i32.store offset=%COUNTS% (i32.shl (local.get $kinds) (i32.const 2)) (i32.const 0))
        (i32.store16 offset=%KIND_ROWS% (i32.shl (local.get $kinds) (i32.const 1)) (local.get $i))
        (local.set $kinds (i32.add (local.get $kinds) (i32.const 1)))
        (local.set $kind (local.get $kinds))
        (i32.store16 offset=%KNOWN% (i32.shl (local.get $key) (i32.const 1)) (local.get $kind))))
      (local.set $kind (i32.shl (i32.sub (local.get $kind) (i32.const 1)) (i32.const 2)))
      (i32.store offset=%KIND_OF% (i32.shl (local.get $i) (i32.const 2)) (i32.shr_u (local.get $kind) (i32.const 2)))
      (i32.store offset=%COUNTS% (local.get $kind) (i32.add (i32.load offset=%COUNTS% (local.get $kind)) (i32.const 1)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $i) (local.get $count))))
    (local.get $kinds))

  ;; Renumbers the kinds of all rows by RANKS and gives each row its place; COUNTS holds the first
  ;; place of each kind.
  (func (export "group") (param $count i32)
    (local $i i32) (local $kind i32) (local $place i32)
    (loop $rows
      (local.set $kind (i32.load16_u offset=%RANKS%
        (i32.shl (i32.load offset=%KIND_OF% (i32.shl (local.get $i) (i32.const 2))) (i32.const 1))))
      (i32.store offset=%KIND_OF% (i32.shl (local.get $i) (i32.const 2)) (local.get $kind))
      (local.set $kind (i32.shl (local.get $kind) (i32.const 2)))
      (local.set $place (i32.load offset=%COUNTS% (local.get $kind)))
      (i32.store offset=%COUNTS% (local.get $kind) (i32.add (local.get $place) (i32.const 1)))
      (i32.store16 offset=%PLACES% (i32.shl (local.get $place) (i32.const 1)) (local.get $i))
      (i32.store offset=%PLACED% (i32.shl (local.get $place) (i32.const 2))
        (i32.load offset=%ROWS% (i32.shl (local.get $i) (i32.const 2))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $rows (i32.lt_u (local.get $i) (local.get $count)))))

  ;; Writes the entries of `count` rows (u16 at `rows`) to IDS, numbered in order of first appearance.
  (func (export "place") (param $dictionary i32) (param $rows i32) (param $count i32)
    (local $i i32) (local $entry i32) (local $number i32) (local $next i32)
    (memory.fill (i32.add (local.get $dictionary) (i32.const %ENTRY_NUMBERS%)) (i32.const 0xff)
      (i32.shl (i32.load offset=%ENTRY_COUNT% (local.get $dictionary)) (i32.const 2)))
    (loop $places
      (local.set $entry (i32.load16_u offset=%ROW_ENTRIES% (i32.add (local.get $dictionary)
        (i32.shl (i32.load16_u (i32.add (local.get $rows) (i32.shl (local.get $i) (i32.const 1)))) (i32.const 1)))))
      (local.set $number (i32.load offset=%ENTRY_NUMBERS% (i32.add (local.get $dictionary)
        (i32.shl (local.get $entry) (i32.const 2)))))
      (if (i32.lt_s (local.get $number) (i32.const 0)) (then
        (local.set $number (local.get $next))
        (local.set $next (i32.add (local.get $next) (i32.const 1)))
        (i32.store offset=%ENTRY_NUMBERS% (i32.add (local.get $dictionary) (i32.shl (local.get $entry) (i32.const 2)))
          (local.get $number))
        (i32.store16 offset=%ENTRY_ORDER% (i32.add (local.get $dictionary) (i32.shl (local.get $number) (i32.const 1)))
          (local.get $entry))))
      (i32.store offset=%IDS% (i32.shl (local.get $i) (i32.const 2)) (local.get $number))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $places (i32.lt_u (local.get $i) (local.get $count)))))

  ;; Writes the lengths + 1 of all entries as varints, then their texts, in the order of `place`.
  ;; Returns the end.
  (func (export "write") (param $dictionary i32) (param $out i32) (result i32)
    (local $i i32) (local $end i32) (local $place i32) (local $rest i32) (local $from i32)
    (local.set $end (i32.shl (i32.load offset=%ENTRY_COUNT% (local.get $dictionary)) (i32.const 1)))
    (loop $lengths
      (local.set $place (i32.add (local.get $dictionary) (i32.shl (i32.load16_u offset=%ENTRY_ORDER%
        (i32.add (local.get $dictionary) (local.get $i))) (i32.const 2))))
      (local.set $rest (i32.add (i32.load offset=%ENTRY_LENGTHS% (local.get $place)) (i32.const 1)))
      (loop $digits
        (i32.store8 (local.get $out) (i32.or
          (i32.and (local.get $rest) (i32.const 127))
          (i32.shl (i32.gt_u (local.get $rest) (i32.const 127)) (i32.const 7))))
        (local.set $out (i32.add (local.get $out) (i32.const 1)))
        (local.set $rest (i32.shr_u (local.get $rest) (i32.const 7)))
        (br_if $digits (local.get $rest)))
      (local.set $i (i32.add (local.get $i) (i32.const 2)))
      (br_if $lengths (i32.lt_u (local.get $i) (local.get $end))))
    (local.set $i (i32.const 0))
    (loop $texts
      (local.set $place (i32.add (local.get $dictionary) (i32.shl (i32.load16_u offset=%ENTRY_ORDER%
        (i32.add (local.get $dictionary) (local.get $i))) (i32.const 2))))
      (local.set $from (i32.load offset=%ENTRY_OFFSETS% (local.get $place)))
      (local.set $rest (i32.load offset=%ENTRY_LENGTHS% (local.get $place)))
      (block $copied
        (loop $copy
          (br_if $copied (i32.le_s (local.get $rest) (i32.const 0)))
          (v128.store (local.get $out) (v128.load $batch (local.get $from)))
          (local.set $out (i32.add (local.get $out) (select
            (local.get $rest) (i32.const 16) (i32.lt_s (local.get $rest) (i32.const 16)))))
          (local.set $from (i32.add (local.get $from) (i32.const 16)))
          (local.set $rest (i32.sub (local.get $rest) (i32.const 16)))
          (br $copy)))
      (local.set $i (i32.add (local.get $i) (i32.const 2)))
      (br_if $texts (i32.lt_u (local.get $i) (local.get $end))))
    (local.get $out))

  ;; Writes the section of a column: its width, `first` as the lowest number, then the differences
  ;; to `low` as planes of bytes, lowest byte first. `span` is the largest difference. Returns the
  ;; end.
  (func $planes (param $count i32) (param $values i32) (param $low i32) (param $span i32) (param $first f64)
        (result i32)
    (local $width i32) (local $plane i32) (local $at i32) (local $end i32) (local $out i32) (local $shift i32)
    (local $lows v128) (local $byte v128)
    (local.set $width (i32.shr_u (i32.sub (i32.const 39) (i32.clz (local.get $span))) (i32.const 3)))
    (i32.store8 (i32.const %SECTION%) (local.get $width))
    (f64.store (i32.const %SECTION_LOWEST%) (local.get $first))
    (local.set $lows (i32x4.splat (local.get $low)))
    (local.set $byte (i32x4.splat (i32.const 255)))
    (local.set $end (i32.add (local.get $values) (i32.shl (local.get $count) (i32.const 2))))
    (block $done
      (loop $nextPlane
        ;; A plane is written 16 bytes at a time; the next plane overwrites the excess.
        (local.set $out (i32.add (i32.const %SECTION_NUMBERS%) (i32.mul (local.get $plane) (local.get $count))))
        (br_if $done (i32.ge_u (local.get $plane) (local.get $width)))
        (local.set $at (local.get $values))
        (local.set $shift (i32.shl (local.get $plane) (i32.const 3)))
        (loop $chunks
          (v128.store (local.get $out) (i8x16.narrow_i16x8_u
            (i16x8.narrow_i32x4_u
              (v128.and (local.get $byte) (i32x4.shr_u (i32x4.sub (v128.load offset=0 (local.get $at)) (local.get $lows)) (local.get $shift)))
              (v128.and (local.get $byte) (i32x4.shr_u (i32x4.sub (v128.load offset=16 (local.get $at)) (local.get $lows)) (local.get $shift))))
            (i16x8.narrow_i32x4_u
              (v128.and (local.get $byte) (i32x4.shr_u (i32x4.sub (v128.load offset=32 (local.get $at)) (local.get $lows)) (local.get $shift)))
              (v128.and (local.get $byte) (i32x4.shr_u (i32x4.sub (v128.load offset=48 (local.get $at)) (local.get $lows)) (local.get $shift))))))
          (local.set $out (i32.add (local.get $out) (i32.const 16)))
          (local.set $at (i32.add (local.get $at) (i32.const 64)))
          (br_if $chunks (i32.lt_u (local.get $at) (local.get $end))))
        (local.set $plane (i32.add (local.get $plane) (i32.const 1)))
        (br $nextPlane)))
    (local.get $out))

  ;; Writes a list of integers (i32) as a section; returns the end.
  (func $integers (export "integers") (param $count i32) (param $values i32) (result i32)
    (local $i i32) (local $value i32) (local $low i32) (local $high i32)
    (if (i32.eqz (local.get $count))
      (then (return (call $planes (i32.const 0) (local.get $values) (i32.const 0) (i32.const 0) (f64.const 0)))))
    (local.set $low (i32.load (local.get $values)))
    (local.set $high (local.get $low))
    (loop $each
      (local.set $value (i32.load (i32.add (local.get $values) (i32.shl (local.get $i) (i32.const 2)))))
      (local.set $low (select
        (local.get $value) (local.get $low) (i32.lt_s (local.get $value) (local.get $low))))
      (local.set $high (select
        (local.get $value) (local.get $high) (i32.gt_s (local.get $value) (local.get $high))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (local.get $count))))
    (call $planes
      (local.get $count) (local.get $values) (local.get $low)
      (i32.sub (local.get $high) (local.get $low)) (f64.convert_i32_s (local.get $low))))

  ;; Writes the first `count` of DOUBLES as a section; returns the end, or 0 if they are not
  ;; integers or span more than 32 bits.
  (func $numbers (param $count i32) (result i32)
    (local $i i32) (local $value f64) (local $low f64) (local $high f64) (local $whole i32)
    (if (i32.eqz (local.get $count))
      (then (return (call $integers (i32.const 0) (i32.const %IDS%)))))
    (local.set $low (f64.load (i32.const %DOUBLES%)))
    (local.set $high (local.get $low))
    (local.set $whole (i32.const 1))
    (loop $each
      (local.set $value (f64.load offset=%DOUBLES% (i32.shl (local.get $i) (i32.const 3))))
      (local.set $whole (i32.and (local.get $whole) (f64.eq (f64.trunc (local.get $value)) (local.get $value))))
      (local.set $low (f64.min (local.get $low) (local.get $value)))
      (local.set $high (f64.max (local.get $high) (local.get $value)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (local.get $count))))
    (if (i32.eqz (i32.and
          (i32.and (local.get $whole) (f64.lt (f64.sub (local.get $high) (local.get $low)) (f64.const 0x1p32)))
          (i32.and (f64.lt (local.get $high) (f64.const 0x1p53)) (f64.gt (local.get $low) (f64.const -0x1p53)))))
      (then (return (i32.const 0))))
    ;; Turns -0 into 0.
    (local.set $low (f64.add (local.get $low) (f64.const 0)))
    (local.set $i (i32.const 0))
    (loop $each
      (i32.store offset=%IDS% (i32.shl (local.get $i) (i32.const 2)) (i32.trunc_f64_u (f64.sub
        (f64.load offset=%DOUBLES% (i32.shl (local.get $i) (i32.const 3))) (local.get $low))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (local.get $count))))
    (call $planes
      (local.get $count) (i32.const %IDS%) (i32.const 0)
      (i32.trunc_f64_u (f64.sub (local.get $high) (local.get $low))) (local.get $low)))

  ;; The functions below write a column of the batch as a section; results as of `integers` and
  ;; `numbers`.

  ;; f64: the difference of each row to the one before.
  (func (export "steps") (param $count i32) (param $column i32) (result i32)
    (local $i i32) (local $last f64) (local $value f64)
    (local.set $last (f64.load $batch (i32.add (local.get $column) (i32.shl (i32.load (i32.const %ROWS%)) (i32.const 3)))))
    (local.set $i (i32.const 1))
    (block $done
      (loop $each
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (local.set $value (f64.load $batch (i32.add (local.get $column)
          (i32.shl (i32.load offset=%ROWS% (i32.shl (local.get $i) (i32.const 2))) (i32.const 3)))))
        (f64.store offset=%DOUBLES% (i32.shl (i32.sub (local.get $i) (i32.const 1)) (i32.const 3))
          (f64.sub (local.get $value) (local.get $last)))
        (local.set $last (local.get $value))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $each)))
    (call $numbers (i32.sub (local.get $count) (i32.const 1))))

  ;; f64: the difference to the f64 of another column, in order of places.
  (func (export "above") (param $count i32) (param $column i32) (param $base i32) (result i32)
    (local $i i32) (local $row i32)
    (loop $each
      (local.set $row (i32.shl (i32.load offset=%PLACED% (i32.shl (local.get $i) (i32.const 2))) (i32.const 3)))
      (f64.store offset=%DOUBLES% (i32.shl (local.get $i) (i32.const 3)) (f64.sub
        (f64.load $batch (i32.add (local.get $column) (local.get $row)))
        (f64.load $batch (i32.add (local.get $base) (local.get $row)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (local.get $count))))
    (call $numbers (local.get $count)))

  ;; u32, in order of places.
  (func (export "unsigned32") (param $count i32) (param $column i32) (result i32)
    (local $i i32)
    (loop $each
      (f64.store offset=%DOUBLES% (i32.shl (local.get $i) (i32.const 3)) (f64.convert_i32_u (i32.load $batch (i32.add
        (local.get $column)
        (i32.shl (i32.load offset=%PLACED% (i32.shl (local.get $i) (i32.const 2))) (i32.const 2))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (local.get $count))))
    (call $numbers (local.get $count)))

  ;; i16, in order of places.
  (func (export "signed16") (param $count i32) (param $column i32) (result i32)
    (local $i i32)
    (loop $each
      (i32.store offset=%IDS% (i32.shl (local.get $i) (i32.const 2)) (i32.load16_s $batch (i32.add
        (local.get $column)
        (i32.shl (i32.load offset=%PLACED% (i32.shl (local.get $i) (i32.const 2))) (i32.const 1)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (local.get $count))))
    (call $integers (local.get $count) (i32.const %IDS%)))

  ;; u16, in order of places.
  (func (export "unsigned16") (param $count i32) (param $column i32) (result i32)
    (local $i i32)
    (loop $each
      (i32.store offset=%IDS% (i32.shl (local.get $i) (i32.const 2)) (i32.load16_u $batch (i32.add
        (local.get $column)
        (i32.shl (i32.load offset=%PLACED% (i32.shl (local.get $i) (i32.const 2))) (i32.const 1)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (local.get $count))))
    (call $integers (local.get $count) (i32.const %IDS%)))

  ;; u8, in order of places.
  (func (export "unsigned8") (param $count i32) (param $column i32) (result i32)
    (local $i i32)
    (loop $each
      (i32.store offset=%IDS% (i32.shl (local.get $i) (i32.const 2)) (i32.load8_u $batch (i32.add
        (local.get $column) (i32.load offset=%PLACED% (i32.shl (local.get $i) (i32.const 2))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (local.get $count))))
    (call $integers (local.get $count) (i32.const %IDS%)))

  ;; For all rows: the lowest and highest `timestamp`, a bit for each `format`, the union of `flags`.
  (func (export "ranges") (param $count i32) (param $timestamps i32) (param $formats i32) (param $flags i32)
        (result f64 f64 i32 i32)
    (local $i i32) (local $row i32) (local $value f64) (local $low f64) (local $high f64)
    (local $allFormats i32) (local $allFlags i32)
    (local.set $low (f64.const inf))
    (local.set $high (f64.const -inf))
    (loop $each
      (local.set $row (i32.load offset=%ROWS% (i32.shl (local.get $i) (i32.const 2))))
      (local.set $value (f64.load $batch (i32.add (local.get $timestamps) (i32.shl (local.get $row) (i32.const 3)))))
      (local.set $low (f64.min (local.get $low) (local.get $value)))
      (local.set $high (f64.max (local.get $high) (local.get $value)))
      (local.set $allFormats (i32.or (local.get $allFormats) (i32.shl (i32.const 1)
        (i32.load8_u $batch (i32.add (local.get $formats) (local.get $row))))))
      (local.set $allFlags (i32.or (local.get $allFlags)
        (i32.load $batch (i32.add (local.get $flags) (i32.shl (local.get $row) (i32.const 2))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (local.get $count))))
    (local.get $low) (local.get $high) (local.get $allFormats) (local.get $allFlags))

  ;; Bytes of all rows as received: the length of the frame if it is kept or was cut, else the
  ;; lengths of all spans plus a header, whose length for each format stands in the first three
  ;; DOUBLES.
  (func (export "received") (param $count i32) (param $lengths i32) (param $originals i32) (param $formats i32)
        (result f64)
    (local $i i32) (local $row i32) (local $original i32) (local $pieces v128) (local $more v128) (local $sum f64)
    (loop $each
      (local.set $row (i32.load offset=%ROWS% (i32.shl (local.get $i) (i32.const 2))))
      (local.set $original (i32.load $batch (i32.add (local.get $originals) (i32.shl (local.get $row) (i32.const 2)))))
      (local.set $pieces (v128.load $batch (i32.add (local.get $lengths) (i32.shl (local.get $row) (i32.const %SPAN_ROW_SHIFT%)))))
      (local.set $more (v128.load $batch offset=%STRUCTURED_DATA% (i32.add (local.get $lengths) (i32.shl (local.get $row) (i32.const %SPAN_ROW_SHIFT%)))))
      (if (i32.eqz (local.get $original)) (then
        (local.set $original (i32x4.extract_lane 2 (local.get $more)))
        (if (i32.le_s (local.get $original) (i32.const 0)) (then
          (local.set $pieces (i32x4.add
            (i32x4.max_s (local.get $pieces) (v128.const i32x4 0 0 0 0))
            (i32x4.max_s
              (v128.and (local.get $more) (v128.const i32x4 -1 -1 0 0)) (v128.const i32x4 0 0 0 0))))
          (local.set $sum (f64.add (local.get $sum) (f64.load offset=%DOUBLES% (i32.shl
            (i32.load8_u $batch (i32.add (local.get $formats) (local.get $row))) (i32.const 3)))))
          (local.set $original (i32.add
            (i32.add (i32x4.extract_lane 0 (local.get $pieces)) (i32x4.extract_lane 1 (local.get $pieces)))
            (i32.add (i32x4.extract_lane 2 (local.get $pieces)) (i32x4.extract_lane 3 (local.get $pieces)))))))))
      (local.set $sum (f64.add (local.get $sum) (f64.convert_i32_u (local.get $original))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (local.get $count))))
    (local.get $sum)))
