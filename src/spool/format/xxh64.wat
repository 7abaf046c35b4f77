;; XXH64 (xxHash's specification, section "XXH64 algorithm"), of which the low half is given. `checksum.ts` calls it;
;; `node scripts/wasm.ts` assembles it into `xxh64.wasm.ts`. Written out where a function would do, since whether V8 inlines
;; one is up to chance. The memory is that of the caller.
(module
  (import "bytes" "memory" (memory 1))

  (func (export "hash") (param $at i32) (param $length i32) (param $seed i32) (result i32)
    (local $end i32) (local $hash i64) (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (local.set $hash (i64.extend_i32_u (local.get $seed)))
    (if (i32.ge_u (local.get $length) (i32.const 32))
      (then
        (local.set $a (i64.add (i64.add (local.get $hash) (i64.const 0x9e3779b185ebca87)) (i64.const 0xc2b2ae3d27d4eb4f)))
        (local.set $b (i64.add (local.get $hash) (i64.const 0xc2b2ae3d27d4eb4f)))
        (local.set $c (local.get $hash))
        (local.set $d (i64.sub (local.get $hash) (i64.const 0x9e3779b185ebca87)))
        (loop $stripes
          (local.set $a (i64.mul (i64.rotl (i64.add (local.get $a) (i64.mul (i64.load offset=0 (local.get $at)) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
          (local.set $b (i64.mul (i64.rotl (i64.add (local.get $b) (i64.mul (i64.load offset=8 (local.get $at)) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
          (local.set $c (i64.mul (i64.rotl (i64.add (local.get $c) (i64.mul (i64.load offset=16 (local.get $at)) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
          (local.set $d (i64.mul (i64.rotl (i64.add (local.get $d) (i64.mul (i64.load offset=24 (local.get $at)) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
          (local.set $at (i32.add (local.get $at) (i32.const 32)))
          (br_if $stripes (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 32))))
        (local.set $hash (i64.add
          (i64.add (i64.rotl (local.get $a) (i64.const 1)) (i64.rotl (local.get $b) (i64.const 7)))
          (i64.add (i64.rotl (local.get $c) (i64.const 12)) (i64.rotl (local.get $d) (i64.const 18)))))
        (local.set $hash (i64.add (i64.mul (i64.xor (local.get $hash) (i64.mul (i64.rotl (i64.add (i64.const 0) (i64.mul (local.get $a) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87))) (i64.const 0x9e3779b185ebca87)) (i64.const 0x85ebca77c2b2ae63)))
        (local.set $hash (i64.add (i64.mul (i64.xor (local.get $hash) (i64.mul (i64.rotl (i64.add (i64.const 0) (i64.mul (local.get $b) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87))) (i64.const 0x9e3779b185ebca87)) (i64.const 0x85ebca77c2b2ae63)))
        (local.set $hash (i64.add (i64.mul (i64.xor (local.get $hash) (i64.mul (i64.rotl (i64.add (i64.const 0) (i64.mul (local.get $c) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87))) (i64.const 0x9e3779b185ebca87)) (i64.const 0x85ebca77c2b2ae63)))
        (local.set $hash (i64.add (i64.mul (i64.xor (local.get $hash) (i64.mul (i64.rotl (i64.add (i64.const 0) (i64.mul (local.get $d) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87))) (i64.const 0x9e3779b185ebca87)) (i64.const 0x85ebca77c2b2ae63))))
      (else (local.set $hash (i64.add (local.get $hash) (i64.const 0x27d4eb2f165667c5)))))
    (local.set $hash (i64.add (local.get $hash) (i64.extend_i32_u (local.get $length))))
    (block $eights
      (loop $each
        (br_if $eights (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 8)))
        (local.set $hash (i64.xor (local.get $hash) (i64.mul (i64.rotl (i64.add (i64.const 0) (i64.mul (i64.load (local.get $at)) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87))))
        (local.set $hash (i64.add (i64.mul (i64.rotl (local.get $hash) (i64.const 27)) (i64.const 0x9e3779b185ebca87)) (i64.const 0x85ebca77c2b2ae63)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $each)))
    (if (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 4)) (then
      (local.set $hash (i64.xor (local.get $hash) (i64.mul (i64.load32_u (local.get $at)) (i64.const 0x9e3779b185ebca87))))
      (local.set $hash (i64.add (i64.mul (i64.rotl (local.get $hash) (i64.const 23)) (i64.const 0xc2b2ae3d27d4eb4f)) (i64.const 0x165667b19e3779f9)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))))
    (block $bytes
      (loop $each
        (br_if $bytes (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $hash (i64.xor (local.get $hash) (i64.mul (i64.load8_u (local.get $at)) (i64.const 0x27d4eb2f165667c5))))
        (local.set $hash (i64.mul (i64.rotl (local.get $hash) (i64.const 11)) (i64.const 0x9e3779b185ebca87)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $each)))
    (local.set $hash (i64.mul (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 33))) (i64.const 0xc2b2ae3d27d4eb4f)))
    (local.set $hash (i64.mul (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 29))) (i64.const 0x165667b19e3779f9)))
    (i32.wrap_i64 (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 32))))))
