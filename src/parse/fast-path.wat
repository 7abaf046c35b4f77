;; Reads frames of RFC 5424's common form straight into the columns of a batch. `fast-path.ts` calls it;
;; `node scripts/wasm.ts` assembles it into `fast-path.wasm.ts`. Whatever is in any way unusual is left to the readers in
;; TypeScript, which say what a frame means: this one only says it sooner, and a law compares the two.
;;
;; Memory is the batch's own: first three lists of 4,096 u32, where each frame begins in the arena, how long it is, and
;; its source; the columns and the arena at addresses that come as globals. Loads may touch up to 63 bytes beyond a frame.
(module
  (import "batch" "memory" (memory 1))
  (import "batch" "arena" (global $arena i32))
  (import "batch" "receivedAt" (global $receivedAts i32))
  (import "batch" "sequence" (global $sequences i32))
  (import "batch" "priority" (global $priorities i32))
  (import "batch" "format" (global $formats i32))
  (import "batch" "version" (global $versions i32))
  (import "batch" "flags" (global $flags i32))
  (import "batch" "timestamp" (global $timestamps i32))
  (import "batch" "timestampUs" (global $timestampsUs i32))
  (import "batch" "timestampOffset" (global $timestampOffsets i32))
  (import "batch" "originalLength" (global $originalLengths i32))
  (import "batch" "source" (global $rowSources i32))
  (import "batch" "stream" (global $streams i32))
  (import "batch" "offsets" (global $offsets i32))
  (import "batch" "lengths" (global $lengths i32))
  ;; Values of columns, and how far (ms) a sender's clock may be from arrival.
  (import "value" "rfc5424" (global $rfc5424 i32))
  (import "value" "notSent" (global $notSent i32))
  (import "value" "noHostname" (global $noHostname i32))
  (import "value" "clockSkew" (global $clockSkew i32))
  (import "value" "skewAhead" (global $skewAhead f64))
  (import "value" "skewBehind" (global $skewBehind f64))
  (global (export "starts") i32 (i32.const 0x0000))
  (global (export "sizes") i32 (i32.const 0x4000))
  (global (export "sources") i32 (i32.const 0x8000))

  ;; The ten bytes of the last day that was read, and when it begins, ms since 1970.
  (global $dayA (mut i64) (i64.const 0))
  (global $dayB (mut i32) (i32.const 0))
  (global $day (mut i64) (i64.const 0))

  ;; What `stamp` found.
  (global $ms (mut i64) (i64.const 0))
  (global $us (mut i32) (i32.const 0))
  (global $offset (mut i32) (i32.const 0))

  ;; Whether all bytes of [at, end), 16 at least, are ASCII.
  (func $ascii (param $at i32) (param $end i32) (result i32)
    (local $all v128)
    (local.set $end (i32.sub (local.get $end) (i32.const 16)))
    (local.set $all (v128.load (local.get $end)))
    (block $done
      (loop $chunks
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $all (v128.or (local.get $all) (v128.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $chunks)))
    (i32.eqz (i8x16.bitmask (local.get $all))))

  ;; Reads HOSTNAME, APP-NAME, PROCID and MSGID, the first of which begins at `at`, into the spans of a row: `span` is how
  ;; far its entry is from that of the first row. Returns the address after the space behind them; 0 where one of them is
  ;; empty, beyond its limit (RFC 5424 §6), or ended by anything but a space before `end`. NILVALUE stays absent.
  (func $fields (param $span i32) (param $at i32) (param $end i32) (result i32)
    (local $p i32) (local $found i32) (local $limits i64) (local $printable v128)
    (local.set $printable (i8x16.splat (i32.const 0x21)))
    ;; 255, 48, 128 and 32 bytes.
    (local.set $limits (i64.const 0x00200080003000ff))
    (loop $next
      (local.set $p (local.get $at))
      (block $ended
        (loop $chunks
          (local.set $found (i8x16.bitmask (i8x16.lt_u (v128.load (local.get $p)) (local.get $printable))))
          (br_if $ended (local.get $found))
          (local.set $p (i32.add (local.get $p) (i32.const 16)))
          (br_if $chunks (i32.lt_u (local.get $p) (local.get $end)))
          (return (i32.const 0))))
      (local.set $p (i32.add (local.get $p) (i32.ctz (local.get $found))))
      (local.set $found (i32.sub (local.get $p) (local.get $at)))
      (if (i32.or
            (i32.or
              (i32.eqz (local.get $found))
              (i32.gt_u (local.get $found) (i32.and (i32.wrap_i64 (local.get $limits)) (i32.const 0xffff))))
            (i32.or
              (i32.ge_u (local.get $p) (local.get $end))
              (i32.ne (i32.load8_u (local.get $p)) (i32.const 0x20))))
        (then (return (i32.const 0))))
      ;; 0x202d: `- `.
      (if (i32.ne (i32.load16_u (local.get $at)) (i32.const 0x202d)) (then
        (i32.store (i32.add (global.get $offsets) (local.get $span)) (i32.sub (local.get $at) (global.get $arena)))
        (i32.store (i32.add (global.get $lengths) (local.get $span)) (local.get $found))))
      (local.set $at (i32.add (local.get $p) (i32.const 1)))
      (local.set $span (i32.add (local.get $span) (i32.const 4)))
      (local.set $limits (i64.shr_u (local.get $limits) (i64.const 16)))
      (br_if $next (i64.ne (local.get $limits) (i64.const 0))))
    (local.get $at))

  ;; Two digits of a number whose bytes are digits: `bits` has them less 0x30, the tens lowest.
  (func $two (param $bits i64) (result i32)
    (i32.add
      (i32.mul (i32.and (i32.wrap_i64 (local.get $bits)) (i32.const 15)) (i32.const 10))
      (i32.and (i32.wrap_i64 (i64.shr_u (local.get $bits) (i64.const 8))) (i32.const 15))))

  ;; Reads the day `YYYY-MM-DD` at `at` into `day`. 0 where it is none.
  (func $readDay (param $at i32) (result i32)
    (local $bits i64) (local $year i32) (local $month i32) (local $dayOfMonth i32) (local $lastDay i32)
    ;; Each digit less 0x30 must be 0 to 9, each dash less itself 0.
    (local.set $bits (i64.xor (i64.load (local.get $at)) (i64.const 0x2d30302d30303030)))
    (if (i64.ne (i64.const 0) (i64.or
          (i64.and (local.get $bits) (i64.const 0xfff0f0fff0f0f0f0))
          (i64.and (i64.add (local.get $bits) (i64.const 0x0006060006060606)) (i64.const 0xfff0f0fff0f0f0f0))))
      (then (return (i32.const 0))))
    (local.set $dayOfMonth (i32.xor (i32.load16_u offset=8 (local.get $at)) (i32.const 0x3030)))
    (if (i32.or
          (i32.and (local.get $dayOfMonth) (i32.const 0xf0f0))
          (i32.and (i32.add (local.get $dayOfMonth) (i32.const 0x0606)) (i32.const 0xf0f0)))
      (then (return (i32.const 0))))
    (local.set $dayOfMonth (call $two (i64.extend_i32_u (local.get $dayOfMonth))))
    (local.set $year (i32.add
      (i32.mul (call $two (local.get $bits)) (i32.const 100))
      (call $two (i64.shr_u (local.get $bits) (i64.const 16)))))
    (local.set $month (call $two (i64.shr_u (local.get $bits) (i64.const 40))))
    (if (i32.or
          (i32.or (i32.lt_u (local.get $year) (i32.const 1970)) (i32.eqz (local.get $month)))
          (i32.or (i32.gt_u (local.get $month) (i32.const 12)) (i32.eqz (local.get $dayOfMonth))))
      (then (return (i32.const 0))))
    ;; 31 and 30 alternate up to July and again from August.
    (local.set $lastDay (i32.add (i32.const 30) (i32.and (i32.const 1)
      (i32.add (local.get $month) (i32.shr_u (local.get $month) (i32.const 3))))))
    (if (i32.eq (local.get $month) (i32.const 2)) (then
      (local.set $lastDay (i32.add (i32.const 28) (i32.and
        (i32.eqz (i32.rem_u (local.get $year) (i32.const 4)))
        (i32.or
          (i32.ne (i32.const 0) (i32.rem_u (local.get $year) (i32.const 100)))
          (i32.eqz (i32.rem_u (local.get $year) (i32.const 400)))))))))
    (if (i32.gt_u (local.get $dayOfMonth) (local.get $lastDay)) (then (return (i32.const 0))))
    (global.set $dayA (i64.load (local.get $at)))
    (global.set $dayB (i32.load16_u offset=8 (local.get $at)))
    ;; Days since March 1 of the year 0: a year then ends with its leap day.
    (if (i32.lt_u (local.get $month) (i32.const 3)) (then
      (local.set $month (i32.add (local.get $month) (i32.const 12)))
      (local.set $year (i32.sub (local.get $year) (i32.const 1)))))
    (global.set $day (i64.mul (i64.const 86400000) (i64.extend_i32_s (i32.sub
      (i32.add
        (i32.add
          (local.get $dayOfMonth)
          (i32.div_u
            (i32.add (i32.mul (i32.const 153) (i32.sub (local.get $month) (i32.const 3))) (i32.const 2))
            (i32.const 5)))
        (i32.sub
          (i32.add
            (i32.add (i32.mul (local.get $year) (i32.const 365)) (i32.div_u (local.get $year) (i32.const 4)))
            (i32.div_u (local.get $year) (i32.const 400)))
          (i32.div_u (local.get $year) (i32.const 100))))
      (i32.const 719469)))))
    (i32.const 1))

  ;; Reads `YYYY-MM-DDThh:mm:ss[.d…]Z|±hh:mm` at `at` (RFC 5424 §6.2.3) into `ms`, `us` and `offset`.
  ;; Returns the address after it, 0 where it is anything else.
  (func $stamp (param $at i32) (result i32)
    (local $bits i64) (local $hour i32) (local $minute i32) (local $second i32)
    (local $digits i32) (local $value i32) (local $byte i32) (local $sign i32)
    (if (i32.or
          (i64.ne (i64.load (local.get $at)) (global.get $dayA))
          (i32.ne (i32.load16_u offset=8 (local.get $at)) (global.get $dayB)))
      (then (if (i32.eqz (call $readDay (local.get $at))) (then (return (i32.const 0))))))
    (if (i32.ne (i32.load8_u offset=10 (local.get $at)) (i32.const 0x54)) (then (return (i32.const 0))))
    (local.set $bits (i64.xor (i64.load offset=11 (local.get $at)) (i64.const 0x30303a30303a3030)))
    (if (i64.ne (i64.const 0) (i64.or
          (i64.and (local.get $bits) (i64.const 0xf0f0fff0f0fff0f0))
          (i64.and (i64.add (local.get $bits) (i64.const 0x0606000606000606)) (i64.const 0xf0f0fff0f0fff0f0))))
      (then (return (i32.const 0))))
    (local.set $hour (call $two (local.get $bits)))
    (local.set $minute (call $two (i64.shr_u (local.get $bits) (i64.const 24))))
    (local.set $second (call $two (i64.shr_u (local.get $bits) (i64.const 48))))
    (if (i32.or
          (i32.gt_u (local.get $hour) (i32.const 23))
          (i32.or (i32.gt_u (local.get $minute) (i32.const 59)) (i32.gt_u (local.get $second) (i32.const 59))))
      (then (return (i32.const 0))))
    (local.set $second (i32.add
      (i32.mul (i32.add (i32.mul (local.get $hour) (i32.const 60)) (local.get $minute)) (i32.const 60))
      (local.get $second)))
    (local.set $at (i32.add (local.get $at) (i32.const 19)))
    (global.set $us (global.get $notSent))
    (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x2e)) (then
      (block $ended
        (loop $more
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $byte (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30)))
          (br_if $ended (i32.gt_u (local.get $byte) (i32.const 9)))
          (if (i32.eq (local.get $digits) (i32.const 6)) (then (return (i32.const 0))))
          (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10)) (local.get $byte)))
          (local.set $digits (i32.add (local.get $digits) (i32.const 1)))
          (br $more)))
      (if (i32.eqz (local.get $digits)) (then (return (i32.const 0))))
      ;; As millionths, and whether those below a thousandth were sent.
      (local.set $byte (local.get $digits))
      (block $scaled
        (loop $scale
          (br_if $scaled (i32.eq (local.get $byte) (i32.const 6)))
          (local.set $value (i32.mul (local.get $value) (i32.const 10)))
          (local.set $byte (i32.add (local.get $byte) (i32.const 1)))
          (br $scale)))
      (if (i32.gt_u (local.get $digits) (i32.const 3))
        (then (global.set $us (i32.rem_u (local.get $value) (i32.const 1000)))))))
    (global.set $ms (i64.add
      (global.get $day)
      (i64.extend_i32_u (i32.add
        (i32.mul (local.get $second) (i32.const 1000)) (i32.div_u (local.get $value) (i32.const 1000))))))
    (local.set $sign (i32.load8_u (local.get $at)))
    (global.set $offset (i32.const 0))
    (if (i32.eq (local.get $sign) (i32.const 0x5a)) (then (return (i32.add (local.get $at) (i32.const 1)))))
    (if (i32.and (i32.ne (local.get $sign) (i32.const 0x2b)) (i32.ne (local.get $sign) (i32.const 0x2d)))
      (then (return (i32.const 0))))
    ;; The three bytes above `hh:mm` do not count.
    (local.set $bits (i64.and
      (i64.xor (i64.load offset=1 (local.get $at)) (i64.const 0x30303a3030)) (i64.const 0xffffffffff)))
    (if (i64.ne (i64.const 0) (i64.or
          (i64.and (local.get $bits) (i64.const 0xf0f0fff0f0))
          (i64.and (i64.add (local.get $bits) (i64.const 0x0606000606)) (i64.const 0xf0f0fff0f0))))
      (then (return (i32.const 0))))
    (local.set $hour (call $two (local.get $bits)))
    (local.set $minute (call $two (i64.shr_u (local.get $bits) (i64.const 24))))
    (if (i32.or (i32.gt_u (local.get $hour) (i32.const 23)) (i32.gt_u (local.get $minute) (i32.const 59)))
      (then (return (i32.const 0))))
    (local.set $minute (i32.add (i32.mul (local.get $hour) (i32.const 60)) (local.get $minute)))
    (global.set $offset (select
      (i32.sub (i32.const 0) (local.get $minute))
      (local.get $minute)
      (i32.eq (local.get $sign) (i32.const 0x2d))))
    (global.set $ms (i64.sub
      (global.get $ms) (i64.mul (i64.extend_i32_s (global.get $offset)) (i64.const 60000))))
    (i32.add (local.get $at) (i32.const 6)))

  ;; Where the SD-NAME that begins at `at` ends (RFC 5424 §6.3.2).
  (func $nameEnd (param $at i32) (param $end i32) (result i32)
    (local $byte i32)
    (block $done
      (loop $bytes
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (br_if $done (i32.le_u (local.get $byte) (i32.const 0x20)))
        (br_if $done (i32.eq (local.get $byte) (i32.const 0x22)))
        (br_if $done (i32.eq (local.get $byte) (i32.const 0x3d)))
        (br_if $done (i32.eq (local.get $byte) (i32.const 0x5d)))
        (br_if $done (i32.eq (local.get $byte) (i32.const 0x7f)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (local.get $at))

  ;; The address after the SD-ELEMENTs that begin at `at`; 0 where they are broken or signed.
  (func $elementsEnd (param $at i32) (param $end i32) (result i32)
    (local $name i32) (local $gap i32) (local $byte i32)
    (loop $elements
      ;; `ssig`: RFC 5848's hashes are over the exact octets.
      (if (i32.eq (i32.load offset=1 (local.get $at)) (i32.const 0x67697373)) (then (return (i32.const 0))))
      (local.set $name (i32.add (local.get $at) (i32.const 1)))
      (local.set $at (call $nameEnd (local.get $name) (local.get $end)))
      (if (i32.eq (local.get $at) (local.get $name)) (then (return (i32.const 0))))
      (block $closed
        (loop $params
          (local.set $gap (local.get $at))
          (block $spaces
            (loop $space
              (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
              (br_if $spaces (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x20)))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br $space)))
          (br_if $closed (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5d)))
          (local.set $name (local.get $at))
          (local.set $at (call $nameEnd (local.get $at) (local.get $end)))
          ;; 0x223d: `="`.
          (if (i32.or
                (i32.or (i32.eq (local.get $name) (local.get $gap)) (i32.eq (local.get $at) (local.get $name)))
                (i32.ne (i32.load16_u (local.get $at)) (i32.const 0x223d)))
            (then (return (i32.const 0))))
          (local.set $at (i32.add (local.get $at) (i32.const 2)))
          (block $quote
            (loop $value
              (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
              (local.set $byte (i32.load8_u (local.get $at)))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br_if $quote (i32.eq (local.get $byte) (i32.const 0x22)))
              (if (i32.eq (local.get $byte) (i32.const 0x5d)) (then (return (i32.const 0))))
              (if (i32.eq (local.get $byte) (i32.const 0x5c))
                (then (local.set $at (i32.add (local.get $at) (i32.const 1)))))
              (br $value)))
          (br $params)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $elements (i32.and
        (i32.lt_u (local.get $at) (local.get $end)) (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x5b)))))
    (local.get $at))

  ;; Reads the frame [start, end) into a row; returns 0 where it is not of the common form, and the row means nothing then.
  (func $line (param $row i32) (param $start i32) (param $end i32) (param $receivedAt f64) (result i32)
    (local $at i32) (local $next i32) (local $byte i32) (local $priority i32) (local $spans i32) (local $flags i32)
    (local $late f64)
    (if (i32.lt_u (i32.sub (local.get $end) (local.get $start)) (i32.const 32)) (then (return (i32.const 0))))
    ;; LF, CR and NUL at the end belong to the transport. A frame of nothing else is too short soon enough.
    (block $trimmed
      (loop $trim
        (local.set $byte (i32.load8_u (i32.sub (local.get $end) (i32.const 1))))
        (br_if $trimmed (i32.gt_u (local.get $byte) (i32.const 0x0d)))
        (br_if $trimmed (i32.and
          (i32.ne (local.get $byte) (i32.const 0))
          (i32.and (i32.ne (local.get $byte) (i32.const 0x0a)) (i32.ne (local.get $byte) (i32.const 0x0d)))))
        (local.set $end (i32.sub (local.get $end) (i32.const 1)))
        (br_if $trim (i32.ge_u (i32.sub (local.get $end) (local.get $start)) (i32.const 32)))
        (return (i32.const 0))))
    (if (i32.eqz (call $ascii (local.get $start) (local.get $end))) (then (return (i32.const 0))))
    ;; PRI: `<0>` to `<191>`, without leading zeros.
    (if (i32.ne (i32.load8_u (local.get $start)) (i32.const 0x3c)) (then (return (i32.const 0))))
    (local.set $at (i32.add (local.get $start) (i32.const 1)))
    (block $closed
      (loop $digits
        (local.set $byte (i32.sub (i32.load8_u (local.get $at)) (i32.const 0x30)))
        (br_if $closed (i32.gt_u (local.get $byte) (i32.const 9)))
        (local.set $priority (i32.add (i32.mul (local.get $priority) (i32.const 10)) (local.get $byte)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $digits (i32.le_u (i32.sub (local.get $at) (local.get $start)) (i32.const 3)))))
    (if (i32.or
          (i32.or
            (i32.eq (i32.sub (local.get $at) (local.get $start)) (i32.const 1))
            (i32.gt_u (local.get $priority) (i32.const 191)))
          (i32.and
            (i32.eq (i32.load8_u offset=1 (local.get $start)) (i32.const 0x30))
            (i32.gt_u (i32.sub (local.get $at) (local.get $start)) (i32.const 2))))
      (then (return (i32.const 0))))
    ;; `>1 `
    (if (i32.ne (i32.and (i32.load (local.get $at)) (i32.const 0xffffff)) (i32.const 0x20313e))
      (then (return (i32.const 0))))
    (local.set $at (call $stamp (i32.add (local.get $at) (i32.const 3))))
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    (if (i32.or
          (i32.ge_u (local.get $at) (local.get $end)) (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x20)))
      (then (return (i32.const 0))))
    (local.set $spans (i32.shl (local.get $row) (i32.const 5)))
    (v128.store (i32.add (global.get $lengths) (local.get $spans)) (i32x4.splat (i32.const -1)))
    (v128.store offset=16 (i32.add (global.get $lengths) (local.get $spans)) (i32x4.splat (i32.const -1)))
    (local.set $at (call $fields (local.get $spans) (i32.add (local.get $at) (i32.const 1)) (local.get $end)))
    (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
    ;; STRUCTURED-DATA, then the end, or a space and MSG.
    (if (i32.ge_u (local.get $at) (local.get $end)) (then (return (i32.const 0))))
    (local.set $byte (i32.load8_u (local.get $at)))
    (if (i32.eq (local.get $byte) (i32.const 0x2d))
      (then (local.set $next (i32.add (local.get $at) (i32.const 1))))
      (else
        (if (i32.ne (local.get $byte) (i32.const 0x5b)) (then (return (i32.const 0))))
        (local.set $next (call $elementsEnd (local.get $at) (local.get $end)))
        (if (i32.or (i32.eqz (local.get $next)) (i32.gt_u (local.get $next) (local.get $end)))
          (then (return (i32.const 0))))
        (i32.store offset=16 (i32.add (global.get $offsets) (local.get $spans))
          (i32.sub (local.get $at) (global.get $arena)))
        (i32.store offset=16 (i32.add (global.get $lengths) (local.get $spans))
          (i32.sub (local.get $next) (local.get $at)))))
    (local.set $at (local.get $end))
    (if (i32.lt_u (local.get $next) (local.get $end)) (then
      (if (i32.ne (i32.load8_u (local.get $next)) (i32.const 0x20)) (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $next) (i32.const 1)))))
    (i32.store offset=20 (i32.add (global.get $offsets) (local.get $spans))
      (i32.sub (local.get $at) (global.get $arena)))
    (i32.store offset=20 (i32.add (global.get $lengths) (local.get $spans))
      (i32.sub (local.get $end) (local.get $at)))
    ;; What the columns say.
    (if (i32.lt_s (i32.load (i32.add (global.get $lengths) (local.get $spans))) (i32.const 0))
      (then (local.set $flags (global.get $noHostname))))
    (local.set $late (f64.sub (local.get $receivedAt) (f64.convert_i64_s (global.get $ms))))
    (if (i32.or
          (f64.gt (local.get $late) (global.get $skewBehind))
          (f64.lt (local.get $late) (f64.neg (global.get $skewAhead))))
      (then (local.set $flags (i32.or (local.get $flags) (global.get $clockSkew)))))
    (i32.store8 (i32.add (global.get $priorities) (local.get $row)) (local.get $priority))
    (i32.store8 (i32.add (global.get $formats) (local.get $row)) (global.get $rfc5424))
    (local.set $byte (i32.shl (local.get $row) (i32.const 1)))
    (i32.store16 (i32.add (global.get $versions) (local.get $byte)) (i32.const 1))
    (i32.store16 (i32.add (global.get $timestampsUs) (local.get $byte)) (global.get $us))
    (i32.store16 (i32.add (global.get $timestampOffsets) (local.get $byte)) (global.get $offset))
    (i32.store16 (i32.add (global.get $streams) (local.get $byte)) (i32.const 0))
    (local.set $byte (i32.shl (local.get $row) (i32.const 2)))
    (i32.store (i32.add (global.get $flags) (local.get $byte)) (local.get $flags))
    (i32.store (i32.add (global.get $originalLengths) (local.get $byte)) (i32.const 0))
    (local.set $byte (i32.shl (local.get $row) (i32.const 3)))
    (f64.store (i32.add (global.get $receivedAts) (local.get $byte)) (local.get $receivedAt))
    (f64.store (i32.add (global.get $timestamps) (local.get $byte)) (f64.convert_i64_s (global.get $ms)))
    (i32.const 1))

  ;; Reads the frames [i, to) of the lists into rows from `row` on, which came at `receivedAt` and have `sequence` and
  ;; those that follow. Returns how many it read: the next one is not of the common form.
  (func (export "read") (param $i i32) (param $to i32) (param $row i32) (param $receivedAt f64) (param $sequence f64)
        (result i32)
    (local $from i32) (local $at i32) (local $start i32)
    (local.set $from (local.get $i))
    (block $done
      (loop $frames
        (br_if $done (i32.ge_u (local.get $i) (local.get $to)))
        (local.set $at (i32.shl (local.get $i) (i32.const 2)))
        (local.set $start (i32.add (global.get $arena) (i32.load (local.get $at))))
        (br_if $done (i32.eqz (call $line
          (local.get $row)
          (local.get $start)
          (i32.add (local.get $start) (i32.load offset=0x4000 (local.get $at)))
          (local.get $receivedAt))))
        (i32.store
          (i32.add (global.get $rowSources) (i32.shl (local.get $row) (i32.const 2)))
          (i32.load offset=0x8000 (local.get $at)))
        (f64.store
          (i32.add (global.get $sequences) (i32.shl (local.get $row) (i32.const 3))) (local.get $sequence))
        (local.set $sequence (f64.add (local.get $sequence) (f64.const 1)))
        (local.set $row (i32.add (local.get $row) (i32.const 1)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $frames)))
    (i32.sub (local.get $i) (local.get $from))))
