;; Looks through the rows of a batch for what counting needs. `rows.ts` calls it; `node scripts/wasm.ts` assembles it into
;; `rows.wasm.ts`.
;;
;; Memory 0 is the batch's, with its columns at addresses that come as globals; it is only read. Memory 1, in bytes:
;;
;;   0x00000  slots   u16: hash -> group + 1, 0 where free; 8,192 of them
;;   0x04000  firsts  u32: group -> its first row
;;   0x08000  counts  u32: group -> its rows
;;   0x0c000  found   u32: the rows that `numbered` found
;;   0x10000  groups  u16: row -> group
;;   0x12000  masks   16 bytes of ones, 16 of zeros: a load from 16 - n of it keeps the first n bytes of 16
;;
;; Loads may touch up to 16 bytes beyond a text.
(module
  (import "batch" "memory" (memory 1))
  (import "batch" "arena" (global $arena i32))
  (import "batch" "source" (global $sources i32))
  (import "batch" "offsets" (global $offsets i32))
  (import "batch" "lengths" (global $lengths i32))
  (memory $own (export "memory") 2)
  (global (export "firsts") i32 (i32.const 0x04000))
  (global (export "counts") i32 (i32.const 0x08000))
  (global (export "found") i32 (i32.const 0x0c000))
  (global (export "groups") i32 (i32.const 0x10000))
  (start $init)
  (func $init (v128.store $own (i32.const 0x12000) (v128.const i64x2 -1 -1)))

  ;; The first `length` of the 16 bytes at `at`, the rest 0; all 16 where `length` is larger.
  (func $first (param $at i32) (param $length i32) (result v128)
    (v128.and
      (v128.load (local.get $at))
      (v128.load $own offset=0x12000 (select
        (i32.sub (i32.const 16) (local.get $length))
        (i32.const 0)
        (i32.lt_s (local.get $length) (i32.const 16))))))

  ;; Whether two rows are of one source and one host.
  (func $alike (param $a i32) (param $b i32) (result i32)
    (local $length i32)
    (if (i32.ne
          (i32.load (i32.add (global.get $sources) (i32.shl (local.get $a) (i32.const 2))))
          (i32.load (i32.add (global.get $sources) (i32.shl (local.get $b) (i32.const 2)))))
      (then (return (i32.const 0))))
    (local.set $a (i32.shl (local.get $a) (i32.const 5)))
    (local.set $b (i32.shl (local.get $b) (i32.const 5)))
    (local.set $length (i32.load (i32.add (global.get $lengths) (local.get $a))))
    (if (i32.ne (local.get $length) (i32.load (i32.add (global.get $lengths) (local.get $b))))
      (then (return (i32.const 0))))
    (local.set $a (i32.add (global.get $arena) (i32.load (i32.add (global.get $offsets) (local.get $a)))))
    (local.set $b (i32.add (global.get $arena) (i32.load (i32.add (global.get $offsets) (local.get $b)))))
    (block $done
      (loop $chunks
        (br_if $done (i32.le_s (local.get $length) (i32.const 0)))
        (if (v128.any_true (v128.xor
              (call $first (local.get $a) (local.get $length)) (call $first (local.get $b) (local.get $length))))
          (then (return (i32.const 0))))
        (local.set $a (i32.add (local.get $a) (i32.const 16)))
        (local.set $b (i32.add (local.get $b) (i32.const 16)))
        (local.set $length (i32.sub (local.get $length) (i32.const 16)))
        (br $chunks)))
    (i32.const 1))

  ;; A number for the source and the host of a row, the same for rows that are alike.
  (func $hash (param $row i32) (result i32)
    (local $hash i32) (local $at i32) (local $length i32) (local $bytes v128)
    (local.set $hash (i32.load (i32.add (global.get $sources) (i32.shl (local.get $row) (i32.const 2)))))
    (local.set $row (i32.shl (local.get $row) (i32.const 5)))
    (local.set $length (i32.load (i32.add (global.get $lengths) (local.get $row))))
    (local.set $hash (i32.add (i32.mul (local.get $hash) (i32.const 0x9e3779b1)) (local.get $length)))
    (local.set $at (i32.add (global.get $arena) (i32.load (i32.add (global.get $offsets) (local.get $row)))))
    (block $hashed
      (loop $chunks
        (br_if $hashed (i32.le_s (local.get $length) (i32.const 0)))
        (local.set $bytes (i32x4.mul
          (call $first (local.get $at) (local.get $length))
          (v128.const i32x4 0x9e3779b1 0x85ebca77 0xc2b2ae3d 0x27d4eb2f)))
        (local.set $hash (i32.add
          (i32.mul (local.get $hash) (i32.const 0x01000193))
          (i32.add
            (i32.xor
              (i32x4.extract_lane 0 (local.get $bytes))
              (i32.rotl (i32x4.extract_lane 1 (local.get $bytes)) (i32.const 11)))
            (i32.xor
              (i32x4.extract_lane 2 (local.get $bytes))
              (i32.rotl (i32x4.extract_lane 3 (local.get $bytes)) (i32.const 19))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $length (i32.sub (local.get $length) (i32.const 16)))
        (br $chunks)))
    (i32.mul (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 15))) (i32.const 0x85ebca6b)))

  ;; Groups the rows below `count`, 4,096 at most, by source and host. Returns how many groups there are.
  (func (export "group") (param $count i32) (result i32)
    (local $row i32) (local $groups i32) (local $slot i32) (local $group i32)
    (memory.fill $own (i32.const 0) (i32.const 0) (i32.const 0x4000))
    (block $done
      (loop $rows
        (br_if $done (i32.ge_u (local.get $row) (local.get $count)))
        (local.set $slot (i32.and
          (i32.const 0x3ffe) (i32.shr_u (call $hash (local.get $row)) (i32.const 18))))
        (block $known
          (loop $probe
            (local.set $group (i32.load16_u $own (local.get $slot)))
            (if (i32.eqz (local.get $group)) (then
              (local.set $group (local.get $groups))
              (local.set $groups (i32.add (local.get $groups) (i32.const 1)))
              (i32.store16 $own (local.get $slot) (local.get $groups))
              (local.set $group (i32.shl (local.get $group) (i32.const 2)))
              (i32.store $own offset=0x4000 (local.get $group) (local.get $row))
              (i32.store $own offset=0x8000 (local.get $group) (i32.const 0))
              (br $known)))
            (local.set $group (i32.shl (i32.sub (local.get $group) (i32.const 1)) (i32.const 2)))
            (br_if $known (call $alike (i32.load $own offset=0x4000 (local.get $group)) (local.get $row)))
            (local.set $slot (i32.and (i32.add (local.get $slot) (i32.const 2)) (i32.const 0x3ffe)))
            (br $probe)))
        (i32.store16 $own offset=0x10000 (i32.shl (local.get $row) (i32.const 1))
          (i32.shr_u (local.get $group) (i32.const 2)))
        (i32.store $own offset=0x8000 (local.get $group)
          (i32.add (i32.load $own offset=0x8000 (local.get $group)) (i32.const 1)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $rows)))
    (local.get $groups))

  ;; Lists in `found` the rows below `count`, 4,096 at most, whose structured data has an element that begins with `[m`,
  ;; and some others. Returns how many these are.
  (func (export "numbered") (param $count i32) (result i32)
    (local $row i32) (local $span i32) (local $at i32) (local $end i32) (local $found i32)
    (block $done
      (loop $rows
        (br_if $done (i32.ge_u (local.get $row) (local.get $count)))
        ;; The structured data is the fifth of a row's eight spans.
        (local.set $span (i32.shl (local.get $row) (i32.const 5)))
        (local.set $end (i32.load offset=16 (i32.add (global.get $lengths) (local.get $span))))
        (block $next
          (br_if $next (i32.le_s (local.get $end) (i32.const 0)))
          (local.set $at (i32.add
            (global.get $arena) (i32.load offset=16 (i32.add (global.get $offsets) (local.get $span)))))
          (local.set $end (i32.add (local.get $at) (local.get $end)))
          (loop $chunks
            (if (i32.eqz (v128.any_true (v128.and
                  (i8x16.eq (v128.load (local.get $at)) (i8x16.splat (i32.const 0x5b)))
                  (i8x16.eq (v128.load offset=1 (local.get $at)) (i8x16.splat (i32.const 0x6d))))))
              (then
                (local.set $at (i32.add (local.get $at) (i32.const 16)))
                (br_if $chunks (i32.lt_u (local.get $at) (local.get $end)))
                (br $next))))
          (i32.store $own offset=0xc000 (i32.shl (local.get $found) (i32.const 2)) (local.get $row))
          (local.set $found (i32.add (local.get $found) (i32.const 1))))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (br $rows)))
    (local.get $found)))
