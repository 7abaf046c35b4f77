    ;; Returns 0 if the texts of `length` bytes at `a` and `b` differ, else leaves 1. Needs
    ;; `first-bytes.wat`.
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
    (i32.const 1)
