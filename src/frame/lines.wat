;; Finds the plain lines in a stretch of a byte stream. `lines.ts` calls it; `node scripts/wasm.ts` assembles it into
;; `lines.wasm.ts`. Anything else is left to the framer in TypeScript, which defines what a frame is.
;;
;; The layout of its memory is in `lines-layout.ts`: `%...%` stands for a constant of that file.
(module
  (memory (export "memory") %PAGES%)
  (global (export "skips") i32 (i32.const %SKIPS%))
  (global (export "lengths") i32 (i32.const %LENGTHS%))
  (global (export "flags") i32 (i32.const %FLAGS%))
  (global (export "originals") i32 (i32.const %ORIGINALS%))
  (global (export "results") i32 (i32.const %RESULTS%))
  (global (export "window") i32 (i32.const %WINDOW%))
  (global (export "room") i32 (i32.const %ROOM%))

  ;; 0 in the place of each LF, not 0 in all others.
  (func $ends (param $bytes v128) (result v128)
    (v128.xor (local.get $bytes) (i8x16.splat (i32.const 10))))

  ;; A set bit for each byte that is 0.
  (func $bits (param $bytes v128) (result i64)
    (i64.extend_i32_u (i8x16.bitmask (i8x16.eq (local.get $bytes) (v128.const i64x2 0 0)))))

  ;; Adds the lines from `start` on, where a frame begins, to the lists from `index` on; `last` is the end of the frame
  ;; before. Stops when the lists are full, or before a line that does not end before `end`, is empty, is longer than
  ;; `max`, begins or ends with NUL, or begins with a digit, which may be an octet count. Returns that line's position.
  (func (export "scan") (param $start i32) (param $end i32) (param $last i32) (param $max i32) (param $index i32)
        (result i32)
    (local $at i32) (local $ends i64) (local $stop i32) (local $length i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $at (local.get $start))
    (block $done
      (loop $chunks
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        ;; Most stretches of 64 bytes contain no line end.
        (local.set $a (call $ends (v128.load offset=0 (local.get $at))))
        (local.set $b (call $ends (v128.load offset=16 (local.get $at))))
        (local.set $c (call $ends (v128.load offset=32 (local.get $at))))
        (local.set $d (call $ends (v128.load offset=48 (local.get $at))))
        (block $next
          (br_if $next (i8x16.all_true
            (i8x16.min_u (i8x16.min_u (local.get $a) (local.get $b)) (i8x16.min_u (local.get $c) (local.get $d)))))
          (local.set $ends (i64.or
            (i64.or
              (call $bits (local.get $a))
              (i64.shl (call $bits (local.get $b)) (i64.const 16)))
            (i64.or
              (i64.shl (call $bits (local.get $c)) (i64.const 32))
              (i64.shl (call $bits (local.get $d)) (i64.const 48)))))
          (loop $each
            (br_if $next (i64.eqz (local.get $ends)))
            (local.set $stop (i32.add (local.get $at) (i32.wrap_i64 (i64.ctz (local.get $ends)))))
            (local.set $ends (i64.and (local.get $ends) (i64.sub (local.get $ends) (i64.const 1))))
            (br_if $done (i32.ge_u (local.get $stop) (local.get $end)))
            ;; An LF at the start of a frame is skipped.
            (if (i32.eq (local.get $stop) (local.get $start)) (then
              (local.set $start (i32.add (local.get $stop) (i32.const 1)))
              (br $each)))
            (local.set $length (i32.sub (local.get $stop) (local.get $start)))
            ;; CR LF: the CR does not belong to the line.
            (if (i32.eq (i32.load16_u (i32.sub (local.get $stop) (i32.const 1))) (i32.const 0x0a0d))
              (then (local.set $length (i32.sub (local.get $length) (i32.const 1)))))
            (br_if $done (i32.or
              (i32.or (i32.eqz (local.get $length)) (i32.gt_u (local.get $length) (local.get $max)))
              (i32.or
                (i32.or
                  (i32.lt_u (i32.sub (i32.load8_u (local.get $start)) (i32.const 0x30)) (i32.const 10))
                  (i32.or
                    (i32.eqz (i32.load8_u (local.get $start)))
                    (i32.eqz (i32.load8_u (i32.sub (local.get $stop) (i32.const 1))))))
                (i32.eq (local.get $index) (i32.const %MAX_FRAMES%)))))
            (i32.store offset=%SKIPS% (i32.shl (local.get $index) (i32.const 2)) (i32.sub (local.get $start) (local.get $last)))
            (i32.store offset=%LENGTHS% (i32.shl (local.get $index) (i32.const 2)) (local.get $length))
            (i32.store8 offset=%FLAGS% (local.get $index) (i32.const 0))
            (i32.store offset=%ORIGINALS% (i32.shl (local.get $index) (i32.const 2)) (i32.const 0))
            (local.set $index (i32.add (local.get $index) (i32.const 1)))
            (local.set $last (i32.add (local.get $start) (local.get $length)))
            (local.set $start (i32.add (local.get $stop) (i32.const 1)))
            (br $each)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $chunks)))
    (i32.store (i32.const %RESULTS%) (local.get $index))
    (i32.store offset=4 (i32.const %RESULTS%) (local.get $last))
    (local.get $start)))
