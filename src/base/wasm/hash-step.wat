        ;; Adds the 16 bytes in `bytes` to `hash`: each word times a constant, rotated, combined.
        (local.set $bytes (i32x4.mul
          (local.get $bytes) (v128.const i32x4 0x9e3779b1 0x85ebca77 0xc2b2ae3d 0x27d4eb2f)))
        (local.set $hash (i32.add
          (i32.mul (local.get $hash) (i32.const 0x01000193))
          (i32.add
            (i32.xor
              (i32x4.extract_lane 0 (local.get $bytes))
              (i32.rotl (i32x4.extract_lane 1 (local.get $bytes)) (i32.const 11)))
            (i32.xor
              (i32x4.extract_lane 2 (local.get $bytes))
              (i32.rotl (i32x4.extract_lane 3 (local.get $bytes)) (i32.const 19))))))
