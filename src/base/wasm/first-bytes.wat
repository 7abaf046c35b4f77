  ;; Needs the memories `$batch` (read) and `$own`, and in the latter, at `MASKS`, 16 bytes of ones
  ;; and 16 of zeros.

  ;; The first `length` of the 16 bytes at `at`, the rest 0; all 16 if `length` is larger.
  (func $first (param $at i32) (param $length i32) (result v128)
    (v128.and
      (v128.load $batch (local.get $at))
      (v128.load $own offset=%MASKS% (select
        (i32.sub (i32.const 16) (local.get $length))
        (i32.const 0)
        (i32.lt_s (local.get $length) (i32.const 16))))))
