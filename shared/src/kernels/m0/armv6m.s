@ Fully connected layers on Armv6-M. The arithmetic is told in mod.rs; portable.rs is the same in Rust.
@
@ A layer runs as: enter, widen the activations, then for each block of four rows: columns, unpack, finish. Three kinds of weights
@ share four ways to finish; who comes next lies as an address in the frame. No instruction depends on data: the count of a layer
@ is a function of its shape and form.
@
@ Through a block
@   r0       stream                          r11      low - high of the outputs
@   r1       activations, then outputs       r12      high
@   r8-r10   sums, then rows 1 to 3          lr       end of the activations
@   r2-r7    at work

    .syntax unified
    .thumb

@ The frame: the arguments that the caller leaves on the stack, above the nine registers saved.
    .set trunkline_m0_x, 36             @ activations, an i32 each
    .set trunkline_m0_first, 40         @ what r8 and r10 begin with (set here)
    .set trunkline_m0_second, 44        @ what r9 begins with (set here)
    .set trunkline_m0_entry, 48         @ where the columns of a block begin (set here)
    .set trunkline_m0_output, 52        @ the block's outputs
    .set trunkline_m0_zero, 56          @ zero - low
    .set trunkline_m0_finish, 60        @ how a block's outputs are made
    .set trunkline_m0_end, 64           @ end of the stream
    .set trunkline_m0_block, 68         @ where a block begins (set here)
    .set trunkline_m0_minus_low, 72     @ -low
    .set trunkline_m0_minus_span, 76    @ low - high
    .set trunkline_m0_high, 80          @ high

    .macro m0_function name
    .section .text.\name, "ax", %progbits
    .p2align 2
    .global \name
    .type \name, %function
    .thumb_func
\name:
    .endm

@ In: r0 stream, r1 room for the activations, r2 activations as i16, r3 their end.
    .macro m0_enter
    push {r4-r7, lr}
    mov r4, r8
    mov r5, r9
    mov r6, r10
    mov r7, r11
    push {r4-r7}
    mov r8, r3
    movs r4, #0
    mov r12, r4
    .endm

@ Four activations from r2 on, widened to r4-r7, added up in r12.
    .macro m0_load_four
    ldm r2!, {r5, r7}
    sxth r4, r5
    asrs r5, r5, #16
    sxth r6, r7
    asrs r7, r7, #16
    add r12, r4
    add r12, r5
    add r12, r6
    add r12, r7
    .endm

@ Stores r4-r7 as activations; on to `more` unless it was the last four. Leaves the end in lr and the sum of all in r4.
    .macro m0_store_four more
    stm r1!, {r4-r7}
    cmp r2, r8
    bne \more
    mov lr, r1
    mov r4, r12
    ldr r5, [sp, #trunkline_m0_minus_span]
    mov r11, r5
    ldr r5, [sp, #trunkline_m0_high]
    mov r12, r5
    .endm

@ In: r4, what the bytes of a row have too much, negative. Sets what the sums begin with.
    .macro m0_begin_bytes
    lsls r5, r4, #8
    adds r5, r5, r4
    str r5, [sp, #trunkline_m0_second]
    lsls r4, r5, #16
    adds r4, r4, r5
    str r4, [sp, #trunkline_m0_first]
    .endm

@ Three sums of four rows: w a column's word, x its activation. Eight instructions for four multiply-accumulates.
    .macro m0_bytes w, x
    lsrs r6, \w, #16
    muls r6, \x, r6
    add r9, r6
    rev16 r6, \w
    muls r6, \x, r6
    add r10, r6
    muls \w, \x, \w
    add r8, \w
    .endm

@ From the sums a in r8, v in r9, q in r10 to the rows in r2, r8, r9, r10.
    .macro m0_unpack_bytes
    mov r1, r8
    mov r3, r10
    mov r4, r9
    lsls r5, r1, #8
    subs r3, r3, r5             @ d = q - 2^8 a
    lsls r5, r4, #16
    subs r1, r1, r5             @ u = a - 2^16 v
    lsls r5, r3, #16
    adds r3, r3, r5             @ c = d + 2^16 d
    lsls r2, r1, #8
    subs r2, r2, r5
    asrs r2, r2, #8             @ row 0
    subs r1, r1, r2
    asrs r1, r1, #8             @ row 1
    mov r8, r1
    subs r3, r3, r1
    lsls r5, r4, #8
    subs r5, r5, r3
    asrs r5, r5, #8             @ row 2
    mov r9, r5
    subs r4, r4, r5
    asrs r4, r4, #8             @ row 3
    mov r10, r4
    .endm

@ On to the outputs: r1 their place, r5 what is added to them, r2 row 0.
    .macro m0_go_finish
    add r6, sp, #trunkline_m0_output
    ldm r6, {r1, r5, r6}
    mov pc, r6
    .endm

@ int8. Four columns first where they are not a multiple of eight, then eight at a time.
    m0_function trunkline_m0_i8
    m0_enter
.Ltrunkline_m0_i8_widen:
    m0_load_four
    m0_store_four .Ltrunkline_m0_i8_widen
    lsls r4, r4, #7
    rsbs r4, r4, #0
    m0_begin_bytes
    adr r5, .Ltrunkline_m0_i8_block
    str r5, [sp, #trunkline_m0_block]
    ldr r4, [sp, #trunkline_m0_x]
    subs r4, r1, r4
    adr r5, .Ltrunkline_m0_i8_four
    lsls r4, r4, #27            @ four columns are 16 bytes
    bmi .Ltrunkline_m0_i8_enter
    adr r5, .Ltrunkline_m0_i8_eight
.Ltrunkline_m0_i8_enter:
    str r5, [sp, #trunkline_m0_entry]
    .p2align 2
.Ltrunkline_m0_i8_block:
    add r1, sp, #trunkline_m0_x
    ldm r1, {r1, r2, r3, r6}
    mov r8, r2
    mov r9, r3
    mov r10, r2
    mov pc, r6
    .p2align 2
.Ltrunkline_m0_i8_four:
    ldm r0!, {r2, r3}
    ldm r1!, {r4, r5}
    m0_bytes r2, r4
    m0_bytes r3, r5
    ldm r0!, {r2, r3}
    ldm r1!, {r4, r5}
    m0_bytes r2, r4
    m0_bytes r3, r5
    cmp r1, lr
    beq .Ltrunkline_m0_i8_unpack
    .p2align 2
.Ltrunkline_m0_i8_eight:        @ words and activations meet in six loads
    ldm r0!, {r2, r3, r4}
    ldm r1!, {r5, r7}
    m0_bytes r2, r5
    m0_bytes r3, r7
    ldm r1!, {r2, r3, r5}
    m0_bytes r4, r2
    ldm r0!, {r2, r4, r7}
    m0_bytes r2, r3
    m0_bytes r4, r5
    ldm r1!, {r2, r3, r4}
    m0_bytes r7, r2
    ldm r0!, {r5, r7}
    m0_bytes r5, r3
    m0_bytes r7, r4
    cmp r1, lr
    bne .Ltrunkline_m0_i8_eight
.Ltrunkline_m0_i8_unpack:
    m0_unpack_bytes
    m0_go_finish

@ int4: as int8, two columns a word. r7 is the mask of the lower halves; the second activation of a pair less 16 times the first.
    .macro m0_nibbles w
    lsrs r6, \w, #16
    muls r6, r4, r6
    add r9, r6
    rev16 r6, \w
    muls r6, r4, r6
    add r10, r6
    lsrs r6, \w, #4
    ands r6, r6, r7
    muls \w, r4, \w
    add r8, \w
    lsrs r4, r6, #16
    muls r4, r5, r4
    add r9, r4
    rev16 r4, r6
    muls r4, r5, r4
    add r10, r4
    muls r6, r5, r6
    add r8, r6
    .endm

    m0_function trunkline_m0_i4
    m0_enter
.Ltrunkline_m0_i4_widen:
    m0_load_four
    lsls r3, r4, #4
    subs r5, r5, r3
    lsls r3, r6, #4
    subs r7, r7, r3
    m0_store_four .Ltrunkline_m0_i4_widen
    lsls r4, r4, #3
    rsbs r4, r4, #0
    m0_begin_bytes
    adr r5, .Ltrunkline_m0_i4_block
    str r5, [sp, #trunkline_m0_block]
    .p2align 2
.Ltrunkline_m0_i4_block:
    add r1, sp, #trunkline_m0_x
    ldm r1, {r1, r2, r3}
    mov r8, r2
    mov r9, r3
    mov r10, r2
    ldr r7, .Ltrunkline_m0_i4_mask
.Ltrunkline_m0_i4_four:
    ldm r0!, {r2, r3}
    ldm r1!, {r4, r5}
    m0_nibbles r2
    ldm r1!, {r4, r5}
    m0_nibbles r3
    cmp r1, lr
    bne .Ltrunkline_m0_i4_four
    m0_unpack_bytes
    m0_go_finish
    .p2align 2
.Ltrunkline_m0_i4_mask:
    .word 0x0f0f0f0f

@ int16: two words a column; sums of rows 0 and 1 in r8 and r9, of rows 2 and 3 in r10 and r7.
    .macro m0_halves x
    ldm r0!, {r2, r3}
    asrs r6, r2, #16
    muls r6, \x, r6
    add r9, r6
    muls r2, \x, r2
    add r8, r2
    asrs r6, r3, #16
    muls r6, \x, r6
    adds r7, r7, r6
    muls r3, \x, r3
    add r10, r3
    .endm

    m0_function trunkline_m0_i16
    m0_enter
.Ltrunkline_m0_i16_widen:
    m0_load_four
    m0_store_four .Ltrunkline_m0_i16_widen
    lsls r4, r4, #15
    rsbs r4, r4, #0
    str r4, [sp, #trunkline_m0_first]
    adr r5, .Ltrunkline_m0_i16_block
    str r5, [sp, #trunkline_m0_block]
    .p2align 2
.Ltrunkline_m0_i16_block:
    add r1, sp, #trunkline_m0_x
    ldm r1, {r1, r2}
    mov r8, r2
    mov r10, r2
    movs r7, #0
    mov r9, r7
.Ltrunkline_m0_i16_four:
    ldm r1!, {r4, r5}
    m0_halves r4
    m0_halves r5
    ldm r1!, {r4, r5}
    m0_halves r4
    m0_halves r5
    cmp r1, lr
    bne .Ltrunkline_m0_i16_four
    mov r3, r9                  @ row 1
    lsls r4, r3, #16
    mov r2, r8
    subs r2, r2, r4             @ row 0
    lsls r4, r7, #16
    mov r5, r10
    subs r5, r5, r4             @ row 2
    mov r8, r3
    mov r9, r5
    mov r10, r7                 @ row 3
    m0_go_finish

@ Limits r2, which is above the output by -low, and stores it: at least 0, then at most high - low, then low added.
    .macro m0_limit offset
    asrs r3, r2, #31
    bics r2, r2, r3
    add r2, r11
    asrs r3, r2, #31
    ands r2, r2, r3
    add r2, r12
    strh r2, [r1, #\offset]
    .endm

@ The output held takes the place of zero.
    .macro m0_held offset
    ldrh r5, [r1, #\offset]
    sxth r5, r5
    ldr r3, [sp, #trunkline_m0_minus_low]
    adds r5, r5, r3
    .endm

@ A row in r2 by a short multiplier: the last bit shifted out is the carry, and rounds.
    .macro m0_scale_short bias, multiplier
    adds r2, r2, \bias
    lsrs \bias, \multiplier, #8
    muls r2, \bias, r2
    asrs r2, r2, \multiplier
    adcs r2, r2, r5
    .endm

@ A row in r2 by any multiplier, from products of halves; bias and multiplier are the stream's next.
    .macro m0_scale
    ldm r0!, {r3, r4}
    adds r2, r2, r3
    uxth r3, r2
    asrs r2, r2, #16
    uxth r6, r4
    lsrs r4, r4, #16
    mov r7, r6
    muls r7, r3, r7
    muls r6, r2, r6
    muls r3, r4, r3
    muls r2, r4, r2
    lsrs r7, r7, #16
    adds r3, r3, r7
    uxth r7, r6
    adds r3, r3, r7
    asrs r6, r6, #16
    adds r2, r2, r6
    lsrs r3, r3, #16
    adcs r2, r2, r3
    adds r2, r2, r5
    .endm

@ On to the next block, or out.
    .macro m0_next
    adds r1, r1, #8
    str r1, [sp, #trunkline_m0_output]
    add r2, sp, #trunkline_m0_end
    ldm r2, {r2, r3}
    cmp r0, r2
    beq 1f
    mov pc, r3
1:
    pop {r4-r7}
    mov r8, r4
    mov r9, r5
    mov r10, r6
    mov r11, r7
    pop {r4-r7, pc}
    .endm

    m0_function trunkline_m0_finish_short
    ldm r0!, {r3, r4, r6, r7}
    m0_scale_short r3, r4
    m0_limit 0
    mov r2, r8
    m0_scale_short r6, r7
    m0_limit 2
    mov r2, r9
    ldm r0!, {r3, r4, r6, r7}
    m0_scale_short r3, r4
    m0_limit 4
    mov r2, r10
    m0_scale_short r6, r7
    m0_limit 6
    m0_next

    m0_function trunkline_m0_finish_short_held
    m0_held 0
    ldm r0!, {r3, r4, r6, r7}
    m0_scale_short r3, r4
    m0_limit 0
    mov r2, r8
    m0_held 2
    m0_scale_short r6, r7
    m0_limit 2
    mov r2, r9
    m0_held 4
    ldm r0!, {r3, r4, r6, r7}
    m0_scale_short r3, r4
    m0_limit 4
    mov r2, r10
    m0_held 6
    m0_scale_short r6, r7
    m0_limit 6
    m0_next

    m0_function trunkline_m0_finish
    m0_scale
    m0_limit 0
    mov r2, r8
    m0_scale
    m0_limit 2
    mov r2, r9
    m0_scale
    m0_limit 4
    mov r2, r10
    m0_scale
    m0_limit 6
    m0_next

    m0_function trunkline_m0_finish_held
    m0_held 0
    m0_scale
    m0_limit 0
    mov r2, r8
    m0_held 2
    m0_scale
    m0_limit 2
    mov r2, r9
    m0_held 4
    m0_scale
    m0_limit 4
    mov r2, r10
    m0_held 6
    m0_scale
    m0_limit 6
    m0_next
