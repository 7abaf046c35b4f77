;; XXH64 (specification of xxHash, section "XXH64 algorithm"); the result is its low half.
;; `checksum.ts` calls it; `node scripts/wasm.ts` assembles it into `xxh64.wasm.ts`. It has no
;; functions for repeated steps, because V8 does not reliably inline them. The memory is that of the
;; caller.
(module
  (import "bytes" "memory" (memory 1))

  (func (export "hash") (param $at i32) (param $length i32) (param $seed i32) (result i32)
    (local $end i32) (local $hash i64) (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (local $prime1 i64) (local $prime2 i64) (local $prime3 i64) (local $prime4 i64) (local $prime5 i64)
    (local.set $prime1 (i64.const 0x9e3779b185ebca87))
    (local.set $prime2 (i64.const 0xc2b2ae3d27d4eb4f))
    (local.set $prime3 (i64.const 0x165667b19e3779f9))
    (local.set $prime4 (i64.const 0x85ebca77c2b2ae63))
    (local.set $prime5 (i64.const 0x27d4eb2f165667c5))
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (local.set $hash (i64.extend_i32_u (local.get $seed)))
    (if (i32.ge_u (local.get $length) (i32.const 32))
      (then
        ;; Four lanes of 8 bytes each, a stripe of 32 bytes at a time.
        (local.set $a (i64.add (i64.add (local.get $hash) (local.get $prime1)) (local.get $prime2)))
        (local.set $b (i64.add (local.get $hash) (local.get $prime2)))
        (local.set $c (local.get $hash))
        (local.set $d (i64.sub (local.get $hash) (local.get $prime1)))
        (loop $stripes
          (local.set $a (i64.mul (local.get $prime1) (i64.rotl
            (i64.add (local.get $a) (i64.mul (i64.load offset=0 (local.get $at)) (local.get $prime2)))
            (i64.const 31))))
          (local.set $b (i64.mul (local.get $prime1) (i64.rotl
            (i64.add (local.get $b) (i64.mul (i64.load offset=8 (local.get $at)) (local.get $prime2)))
            (i64.const 31))))
          (local.set $c (i64.mul (local.get $prime1) (i64.rotl
            (i64.add (local.get $c) (i64.mul (i64.load offset=16 (local.get $at)) (local.get $prime2)))
            (i64.const 31))))
          (local.set $d (i64.mul (local.get $prime1) (i64.rotl
            (i64.add (local.get $d) (i64.mul (i64.load offset=24 (local.get $at)) (local.get $prime2)))
            (i64.const 31))))
          (local.set $at (i32.add (local.get $at) (i32.const 32)))
          (br_if $stripes (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 32))))
        (local.set $hash (i64.add
          (i64.add (i64.rotl (local.get $a) (i64.const 1)) (i64.rotl (local.get $b) (i64.const 7)))
          (i64.add (i64.rotl (local.get $c) (i64.const 12)) (i64.rotl (local.get $d) (i64.const 18)))))
        (local.set $hash (i64.add (local.get $prime4) (i64.mul (local.get $prime1) (i64.xor
          (local.get $hash)
          (i64.mul (local.get $prime1) (i64.rotl (i64.mul (local.get $a) (local.get $prime2)) (i64.const 31)))))))
        (local.set $hash (i64.add (local.get $prime4) (i64.mul (local.get $prime1) (i64.xor
          (local.get $hash)
          (i64.mul (local.get $prime1) (i64.rotl (i64.mul (local.get $b) (local.get $prime2)) (i64.const 31)))))))
        (local.set $hash (i64.add (local.get $prime4) (i64.mul (local.get $prime1) (i64.xor
          (local.get $hash)
          (i64.mul (local.get $prime1) (i64.rotl (i64.mul (local.get $c) (local.get $prime2)) (i64.const 31)))))))
        (local.set $hash (i64.add (local.get $prime4) (i64.mul (local.get $prime1) (i64.xor
          (local.get $hash)
          (i64.mul (local.get $prime1) (i64.rotl (i64.mul (local.get $d) (local.get $prime2)) (i64.const 31))))))))
      (else (local.set $hash (i64.add (local.get $hash) (local.get $prime5)))))
    (local.set $hash (i64.add (local.get $hash) (i64.extend_i32_u (local.get $length))))
    ;; The rest: 8 bytes at a time, then 4, then single bytes.
    (block $eights
      (loop $each
        (br_if $eights (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 8)))
        (local.set $hash (i64.xor
          (local.get $hash)
          (i64.mul (local.get $prime1) (i64.rotl
            (i64.mul (i64.load (local.get $at)) (local.get $prime2))
            (i64.const 31)))))
        (local.set $hash (i64.add
          (local.get $prime4)
          (i64.mul (local.get $prime1) (i64.rotl (local.get $hash) (i64.const 27)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $each)))
    (if (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 4)) (then
      (local.set $hash (i64.xor (local.get $hash) (i64.mul (i64.load32_u (local.get $at)) (local.get $prime1))))
      (local.set $hash (i64.add
        (local.get $prime3)
        (i64.mul (local.get $prime2) (i64.rotl (local.get $hash) (i64.const 23)))))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))))
    (block $bytes
      (loop $each
        (br_if $bytes (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $hash (i64.xor (local.get $hash) (i64.mul (i64.load8_u (local.get $at)) (local.get $prime5))))
        (local.set $hash (i64.mul (local.get $prime1) (i64.rotl (local.get $hash) (i64.const 11))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $each)))
    ;; Mixes the bits of the hash.
    (local.set $hash (i64.mul (local.get $prime2) (i64.xor
      (local.get $hash)
      (i64.shr_u (local.get $hash) (i64.const 33)))))
    (local.set $hash (i64.mul (local.get $prime3) (i64.xor
      (local.get $hash)
      (i64.shr_u (local.get $hash) (i64.const 29)))))
    (i32.wrap_i64 (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 32))))))
