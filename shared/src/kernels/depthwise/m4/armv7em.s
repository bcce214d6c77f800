@ Depthwise convolution on Armv7E-M: two rows at two positions at a time. The arithmetic is told in mod.rs; portable.rs is the same in
@ Rust.
@
@ A layer runs as: enter, then for each two rows: where they read and write, then for each two positions a block: biases, taps, finish.
@ A last odd position is computed with the one before it, once more. How taps are taken depends on the shape and lies as an address in
@ the frame. No instruction depends on data: the count of a layer is a function of its shape.
@
@ Through a block
@   r0       stream                         r9, r10     sums of rows a and b at the first position
@   r1, r2   samples of both positions      r11, r12    those at the second
@   r3-r8    taps and samples at work       lr          end of the taps that are taken by four

    .syntax unified
    .thumb

@ The frame: what is at work, nine registers saved, then the arguments that the caller leaves on the stack.
    .set trunkline_m4_taps_output, 12       @ outputs of a block, behind copies of zero, above, back
    .set trunkline_m4_taps_last, 16         @ outputs of the last position, and the stream of the two rows
    .set trunkline_m4_taps_numbers, 20
    .set trunkline_m4_taps_entry, 24        @ how taps are taken
    .set trunkline_m4_taps_between, 28      @ bytes from row a's samples to row b's
    .set trunkline_m4_taps_row, 32          @ row a
    .set trunkline_m4_taps_first, 36        @ outputs of the first position
    .set trunkline_m4_taps_whole, 40        @ end of the taps that are taken by four, and of all
    .set trunkline_m4_taps_end, 44
    .set trunkline_m4_taps_split, 48        @ how taps of two channels are taken
    .set trunkline_m4_taps_room, 52
    .set trunkline_m4_taps_arguments, trunkline_m4_taps_room + 36
    .set trunkline_m4_taps_step, trunkline_m4_taps_arguments + 12       @ and advance
    .set trunkline_m4_taps_stride, trunkline_m4_taps_arguments + 20
    .set trunkline_m4_taps_same, trunkline_m4_taps_arguments + 24
    .set trunkline_m4_taps_exit, trunkline_m4_taps_arguments + 28
    .set trunkline_m4_taps_rows, trunkline_m4_taps_arguments + 32       @ and filters
    .set trunkline_m4_taps_samples, trunkline_m4_taps_arguments + 40    @ and input
    .set trunkline_m4_taps_bytes, trunkline_m4_taps_arguments + 48      @ to the end of taps by four, and of all

    .macro taps_label name
    .global \name
    .type \name, %function
    .thumb_func
\name:
    .endm

@ Four taps of rows that read the same samples, which lie at multiples of four bytes.
    .macro taps_four_aligned
    ldm r0!, {r3-r6}
    ldrd r7, r8, [r1], #8
    smlad r9, r3, r7, r9
    smlad r10, r4, r7, r10
    smlad r9, r5, r8, r9
    smlad r10, r6, r8, r10
    ldrd r7, r8, [r2], #8
    smlad r11, r3, r7, r11
    smlad r12, r4, r7, r12
    smlad r11, r5, r8, r11
    smlad r12, r6, r8, r12
    .endm

@ Two taps of rows that read the same samples, which lie anywhere.
    .macro taps_two a, b
    ldr r7, [r1], #4
    ldr r8, [r2], #4
    smlad r9, \a, r7, r9
    smlad r10, \b, r7, r10
    smlad r11, \a, r8, r11
    smlad r12, \b, r8, r12
    .endm

@ Two taps of rows that read samples apart.
    .macro taps_two_apart
    ldrd r5, r6, [r0], #8
    ldr r7, [r1], #4
    ldr r8, [r2], #4
    smlad r9, r5, r7, r9
    smlad r11, r5, r8, r11
    ldr r7, [r3], #4
    ldr r8, [r4], #4
    smlad r10, r6, r7, r10
    smlad r12, r6, r8, r12
    .endm

@ In: r0 stream, r1 outputs of the first position, r2 of the last, r3 how taps of two channels are taken, the others on the stack.
    .section .text.trunkline_m4_depthwise, "ax", %progbits
    .p2align 2
    taps_label trunkline_m4_depthwise
    push {r4-r11, lr}
    sub sp, sp, #trunkline_m4_taps_room
    add r12, sp, #trunkline_m4_taps_arguments
    ldm r12, {r4-r6}
    stm sp, {r4-r6}
    str r1, [sp, #trunkline_m4_taps_first]
    str r2, [sp, #trunkline_m4_taps_last]
    str r3, [sp, #trunkline_m4_taps_split]
    movs r4, #0
.Ltrunkline_m4_taps_pair:
    str r0, [sp, #trunkline_m4_taps_numbers]
    strd r4, r1, [sp, #trunkline_m4_taps_row]
    str r1, [sp, #trunkline_m4_taps_output]
    ldrd r5, r6, [sp, #trunkline_m4_taps_rows]
    ldrd r7, r1, [sp, #trunkline_m4_taps_samples]
    udiv r8, r4, r6
    adds r3, r4, #1
    cmp r3, r5
    it eq
    moveq r3, r4                @ in place of the row that fills up a pair
    udiv r3, r3, r6
    mla r1, r8, r7, r1
    subs r3, r3, r8
    muls r7, r3, r7
    ldr r3, [sp, #trunkline_m4_taps_same]
    it ne
    ldrne r3, [sp, #trunkline_m4_taps_split]
    strd r3, r7, [sp, #trunkline_m4_taps_entry]
    ldrd r3, r4, [sp, #trunkline_m4_taps_bytes]
    add lr, r0, r3
    adds r4, r0, r4
    strd lr, r4, [sp, #trunkline_m4_taps_whole]
    ldr r2, [sp, #trunkline_m4_taps_stride]
    add r2, r2, r1
.Ltrunkline_m4_taps_block:
    ldrd r9, r10, [r0], #8
    mov r11, r9
    mov r12, r10
    ldr pc, [sp, #trunkline_m4_taps_entry]

    .p2align 2
    taps_label trunkline_m4_taps_apart
    ldr r4, [sp, #trunkline_m4_taps_between]
    adds r3, r1, r4
    adds r4, r2, r4
    cmp r0, lr
    beq 2f
1:
    taps_two_apart
    taps_two_apart
    cmp r0, lr
    bne 1b
2:
    ldr lr, [sp, #trunkline_m4_taps_end]
    cmp r0, lr
    beq 2f
1:
    ldr r5, [r0], #4
    ldrh r7, [r1], #2
    ldrh r8, [r2], #2
    smlabb r9, r5, r7, r9
    smlabb r11, r5, r8, r11
    ldrh r7, [r3], #2
    ldrh r8, [r4], #2
    smlatb r10, r5, r7, r10
    smlatb r12, r5, r8, r12
    cmp r0, lr
    bne 1b
2:
    ldr lr, [sp, #trunkline_m4_taps_whole]
    b .Ltrunkline_m4_taps_finish

    .p2align 2
    taps_label trunkline_m4_taps_together
    ldm r0!, {r3-r6}
    taps_two r3, r4
    taps_two r5, r6
    cmp r0, lr
    bne trunkline_m4_taps_together
    ldr pc, [sp, #trunkline_m4_taps_exit]

    .p2align 2
    taps_label trunkline_m4_taps_rest
    ldr r4, [sp, #trunkline_m4_taps_end]
1:
    ldr r3, [r0], #4
    ldrh r7, [r1], #2
    ldrh r8, [r2], #2
    smlabb r9, r3, r7, r9
    smlatb r10, r3, r7, r10
    smlabb r11, r3, r8, r11
    smlatb r12, r3, r8, r12
    cmp r0, r4
    bne 1b
    b .Ltrunkline_m4_taps_finish

    .p2align 2
    taps_label trunkline_m4_taps_eight
    taps_four_aligned
    taps_label trunkline_m4_taps_four
    taps_four_aligned
    cmp r0, lr
    bne trunkline_m4_taps_eight
    taps_label trunkline_m4_taps_finish
.Ltrunkline_m4_taps_finish:
    ldrd r3, r4, [r0]
    ldm sp, {r5-r8}
    smmlar r9, r9, r3, r5
    smmlar r10, r10, r4, r5
    smmlar r11, r11, r3, r5
    smmlar r12, r12, r4, r5
    usat r9, #16, r9
    usat r10, #16, r10
    usat r11, #16, r11
    usat r12, #16, r12
    pkhbt r9, r9, r10, lsl #16
    pkhbt r11, r11, r12, lsl #16
    uqadd16 r9, r9, r6
    uqadd16 r11, r11, r6
    usub16 r9, r9, r7
    usub16 r11, r11, r7
    ldrd r3, r4, [sp, #trunkline_m4_taps_step]
    ldrd r5, r0, [sp, #trunkline_m4_taps_last]
    str r9, [r8]
    str r11, [r8, r3]
    add r8, r8, r3, lsl #1
    str r8, [sp, #trunkline_m4_taps_output]
    adds r1, r1, r4
    adds r2, r2, r4
    cmp r8, r5
    blo .Ltrunkline_m4_taps_block
    bne 1f
    sub r8, r8, r3              @ one position is left
    str r8, [sp, #trunkline_m4_taps_output]
    ldr r3, [sp, #trunkline_m4_taps_stride]
    subs r1, r1, r3
    subs r2, r2, r3
    b .Ltrunkline_m4_taps_block
1:
    adds r5, r5, #4
    str r5, [sp, #trunkline_m4_taps_last]
    ldr r0, [sp, #trunkline_m4_taps_end]
    adds r0, r0, #8             @ past the multipliers
    ldrd r4, r1, [sp, #trunkline_m4_taps_row]
    adds r1, r1, #4
    adds r4, r4, #2
    ldr r5, [sp, #trunkline_m4_taps_rows]
    cmp r4, r5
    blo .Ltrunkline_m4_taps_pair
    add sp, sp, #trunkline_m4_taps_room
    pop {r4-r11, pc}
