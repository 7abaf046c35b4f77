;; Reads the rows of a batch for counting: groups them by source and host, and finds those that
;; senders numbered. `row-groups.ts` calls it; `node scripts/wasm.ts` assembles it into
;; `row-groups.wasm.ts`.
;;
;; Memory `$batch` is the batch's, with its columns at addresses that come as globals; it is only
;; read. The layout of memory `$own` is in `row-groups-layout.ts`: `%...%` stands for a constant of
;; that file or of `model/batch-layout.ts`.
;;
;; Loads may touch up to 16 bytes beyond a text.
(module
  (import "batch" "memory" (memory $batch 1))
  (import "batch" "arena" (global $arena i32))
  (import "batch" "source" (global $sources i32))
  (import "batch" "offsets" (global $offsets i32))
  (import "batch" "lengths" (global $lengths i32))
  (memory $own (export "memory") 2)
  (global (export "firsts") i32 (i32.const %FIRSTS%))
  (global (export "counts") i32 (i32.const %COUNTS%))
  (global (export "found") i32 (i32.const %FOUND%))
  (global (export "groups") i32 (i32.const %GROUPS%))
  (start $init)
  (func $init (v128.store $own (i32.const %MASKS%) (v128.const i64x2 -1 -1)))

  ;; include base/wasm/first-bytes.wat

  ;; Whether two rows are of one source and one host.
  (func $alike (param $a i32) (param $b i32) (result i32)
    (local $length i32)
    (if (i32.ne
          (i32.load (i32.add (global.get $sources) (i32.shl (local.get $a) (i32.const 2))))
          (i32.load (i32.add (global.get $sources) (i32.shl (local.get $b) (i32.const 2)))))
      (then (return (i32.const 0))))
    (local.set $a (i32.shl (local.get $a) (i32.const %SPAN_ROW_SHIFT%)))
    (local.set $b (i32.shl (local.get $b) (i32.const %SPAN_ROW_SHIFT%)))
    (local.set $length (i32.load (i32.add (global.get $lengths) (local.get $a))))
    (if (i32.ne (local.get $length) (i32.load (i32.add (global.get $lengths) (local.get $b))))
      (then (return (i32.const 0))))
    (local.set $a (i32.add (global.get $arena) (i32.load (i32.add (global.get $offsets) (local.get $a)))))
    (local.set $b (i32.add (global.get $arena) (i32.load (i32.add (global.get $offsets) (local.get $b)))))
    ;; include base/wasm/equal-texts.wat
  )

  ;; A number for the source and the host of a row, the same for rows that are alike.
  (func $hash (param $row i32) (result i32)
    (local $hash i32) (local $at i32) (local $length i32) (local $bytes v128)
    (local.set $hash (i32.load (i32.add (global.get $sources) (i32.shl (local.get $row) (i32.const 2)))))
    (local.set $row (i32.shl (local.get $row) (i32.const %SPAN_ROW_SHIFT%)))
    (local.set $length (i32.load (i32.add (global.get $lengths) (local.get $row))))
    (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 0x9e3779b1)) (local.get $length)))
    (local.set $at (i32.add (global.get $arena) (i32.load (i32.add (global.get $offsets) (local.get $row)))))
    (block $hashed
      (loop $chunks
        (br_if $hashed (i32.le_s (local.get $length) (i32.const 0)))
        (local.set $bytes (call $first (local.get $at) (local.get $length)))
        ;; include base/wasm/hash-step.wat
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $length (i32.sub (local.get $length) (i32.const 16)))
        (br $chunks)))
    (i32.mul (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 15))) (i32.const 0x85ebca6b)))

  ;; Groups the rows below `count`, 4,096 at most, by source and host. Returns how many groups there are.
  (func (export "group") (param $count i32) (result i32)
    (local $row i32) (local $groups i32) (local $slot i32) (local $group i32)
    (memory.fill $own (i32.const 0) (i32.const 0) (i32.const %SLOT_BYTES%))
    (block $done
      (loop $rows
        (br_if $done (i32.ge_u (local.get $row) (local.get $count)))
        (local.set $slot (i32.and
          (i32.const %SLOT_MASK%) (i32.shr_u (call $hash (local.get $row)) (i32.const 18))))
        (block $known
          (loop $probe
            (local.set $group (i32.load16_u $own (local.get $slot)))
            (if (i32.eqz (local.get $group)) (then
              (local.set $group (local.get $groups))
              (local.set $groups (i32.add (local.get $groups) (i32.const 1)))
              (i32.store16 $own (local.get $slot) (local.get $groups))
              (local.set $group (i32.shl (local.get $group) (i32.const 2)))
              (i32.store $own offset=%FIRSTS% (local.get $group) (local.get $row))
              (i32.store $own offset=%COUNTS% (local.get $group) (i32.const 0))
              (br $known)))
            (local.set $group (i32.shl (i32.sub (local.get $group) (i32.const 1)) (i32.const 2)))
            (br_if $known (call $alike (i32.load $own offset=%FIRSTS% (local.get $group)) (local.get $row)))
            (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 2)) (i32.const %SLOT_MASK%)))
            (br $probe)))
        (i32.store16 $own offset=%GROUPS% (i32.shl (local.get $row) (i32.const 1))
          (i32.shr_u (local.get $group) (i32.const 2)))
        (i32.store $own offset=%COUNTS% (local.get $group)
          (i32.add (i32.load $own offset=%COUNTS% (local.get $group)) (i32.const 1)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $rows)))
    (local.get $groups))

  ;; Lists in `found` the rows below `count`, 4,096 at most, whose structured data has an element
  ;; that begins with `[m`, and some others. Returns how many these are.
  (func (export "numbered") (param $count i32) (result i32)
    (local $row i32) (local $span i32) (local $at i32) (local $end i32) (local $found i32)
    (block $done
      (loop $rows
        (br_if $done (i32.ge_u (local.get $row) (local.get $count)))
        ;; The structured data is the fifth of a row's eight spans.
        (local.set $span (i32.shl (local.get $row) (i32.const %SPAN_ROW_SHIFT%)))
        (local.set $end (i32.load offset=%STRUCTURED_DATA% (i32.add (global.get $lengths) (local.get $span))))
        (block $next
          (br_if $next (i32.le_s (local.get $end) (i32.const 0)))
          (local.set $at (i32.add
            (global.get $arena) (i32.load offset=%STRUCTURED_DATA% (i32.add (global.get $offsets) (local.get $span)))))
          (local.set $end (i32.add (local.get $at) (local.get $end)))
          (loop $chunks
            (if (i32.eqz (v128.any_true (v128.and
                  (i8x16.eq (v128.load (local.get $at)) (i8x16.splat (i32.const 0x5b)))
                  (i8x16.eq (v128.load offset=1 (local.get $at)) (i8x16.splat (i32.const 0x6d))))))
              (then
                (local.set $at (i32.add (local.get $at) (i32.const 16)))
                (br_if $chunks (i32.lt_u (local.get $at) (local.get $end)))
                (br $next))))
          (i32.store $own offset=%FOUND% (i32.shl (local.get $found) (i32.const 2)) (local.get $row))
          (local.set $found (i32.add (local.get $found) (i32.const 1))))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $rows)))
    (local.get $found)))
