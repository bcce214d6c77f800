@ Fully connected layers on Armv7E-M. The arithmetic is told in mod.rs; portable.rs is the same in Rust.
@
@ trunkline_m4_run goes through the records of layers. A layer runs as: next (read the record), enter, then for each block of four rows:
@ columns, scale, finish, store. Three kinds of weights share the ways to finish and to store; who comes next lies as an address in
@ the frame. No instruction depends on data: the count of a layer is a function of its record.
@
@ Through a block
@   r0       stream                     r8-r11              weights, then multipliers
@   r1       activations                r6, r7, r12, lr     eight activations; then zeros, outputs and their end
@   r2-r5    sums, then outputs

    .syntax unified
    .thumb

@ The frame: words from the stack pointer on.
    .set trunkline_m4_x, 0              @ activations
    .set trunkline_m4_entry, 4          @ where the columns of a block begin
    .set trunkline_m4_zeros, 8          @ what SMMLA and SMMLAR add
    .set trunkline_m4_output, 16        @ the block's outputs, and the end of all
    .set trunkline_m4_finish, 24        @ what comes after scaling: the limits, or first the outputs held
    .set trunkline_m4_saturate, 28      @ the limits
    .set trunkline_m4_x_end, 32         @ end of the activations
    .set trunkline_m4_eights, 36        @ where the columns go on after the first four
    .set trunkline_m4_offsets, 40       @ int4: 8 times the sum of the activations
    .set trunkline_m4_records, 44       @ records left; then what does not change: their end, tensors, section, inputs, outputs, due
    .set trunkline_m4_frame, 76         @ its size

    .set trunkline_m4_record, 28        @ bytes of a record

    .macro m4_function name
    .section .text.\name, "ax", %progbits
    .p2align 2
    .global \name
    .type \name, %function
    .thumb_func
\name:
    .endm

@ On to the next block: its sums begin, the activations begin anew, and the entry to the columns.
    .macro m4_block
    ldm r0!, {r2-r5}
    ldm sp, {r1, pc}
    .endm

@ In: r12 columns + 3, r2 end of the activations, and of the frame r1 activations, r5 and r6 zeros, r7 outputs, r8 their end, r9 finish,
@ r10 saturate. Completes the frame.
@
@ Columns begin by four where their number, padded, is not a multiple of eight. Then they go by eight, `turn` times a turn: the first
@ turn is entered where what is left of it are whole turns, `code` bytes for each eight.
    .macro m4_enter kind, turn, code
    adr r11, .Ltrunkline_m4_\kind\()_eights
    .if \turn > 1
    lsr r3, r12, #3
    rsbs r3, r3, #0
    and r3, r3, #\turn - 1
    movs r4, #\code
    mla r11, r3, r4, r11
    .endif
    add r11, r11, #1            @ Thumb code
    mov r4, r11
    lsls r3, r12, #29
    bpl 1f
    adr r4, .Ltrunkline_m4_\kind\()_four
    adds r4, r4, #1
    lsrs r3, r12, #3
    bne 1f
    adr r11, .Ltrunkline_m4_\kind\()_rows
    add r11, r11, #1
1:
    stm sp, {r1, r4-r10}
    strd r2, r11, [sp, #trunkline_m4_x_end]
    .endm

@ A word of two rows' weights for two columns. \a: 2^8 times the upper row's sum and the lower's, \b the lower's.
    .macro m4_bytes w, x, a, b
    smlad \a, \w, \x, \a
    sxtb16 \w, \w
    smlad \b, \w, \x, \b
    .endm

@ Four columns: the words of rows 0 and 1, then those of rows 2 and 3.
    .macro m4_four_i8 x, y
    ldm r0!, {r8-r11}
    m4_bytes r8, \x, r2, r3
    m4_bytes r9, \y, r2, r3
    m4_bytes r10, \x, r4, r5
    m4_bytes r11, \y, r4, r5
    .endm

@ On with the columns while there are any, then on to the rows.
    .macro m4_turn kind
    ldr r6, [sp, #trunkline_m4_x_end]
    cmp r1, r6
    blo .Ltrunkline_m4_\kind\()_eights
    .endm

@ Rows 0 and 2 are 2^8 times as large as rows 1 and 3, and not yet rounded.
    .macro m4_scale
    ldm r0!, {r8-r11}
    ldrd r6, r7, [sp, #trunkline_m4_zeros]
    ldrd r12, lr, [sp, #trunkline_m4_output]
    smmla r2, r2, r8, r6
    smmlar r3, r3, r9, r7
    smmla r4, r4, r10, r6
    smmlar r5, r5, r11, r7
    ldr pc, [sp, #trunkline_m4_finish]
    .endm

    m4_function trunkline_m4_i8
    m4_enter i8, 4, 108
    m4_block
    .p2align 2
.Ltrunkline_m4_i8_four:
    ldrd r6, r7, [r1], #8
    m4_four_i8 r6, r7
    ldr pc, [sp, #trunkline_m4_eights]
    .p2align 2
.Ltrunkline_m4_i8_eights:
    .rept 4                     @ 27 instructions for 32 multiply-accumulates
    ldm r1!, {r6, r7, r12, lr}
    m4_four_i8 r6, r7
    m4_four_i8 r12, lr
    .endr
    m4_turn i8
    .p2align 2
.Ltrunkline_m4_i8_rows:
    subs r2, r2, r3
    subs r4, r4, r5
    m4_scale

@ int4: one word for two columns of four rows. r2 to r5 are a, c, b, d.
    .macro m4_nibbles w, x
    smlad r2, \w, \x, r2
    bic \w, \w, #0xf000f000
    smlad r4, \w, \x, r4
    sxtb16 \w, \w
    smlad r3, \w, \x, r3
    and \w, \w, #0x000f000f
    smlad r5, \w, \x, r5
    .endm

    m4_function trunkline_m4_i4
    m4_enter i4, 2, 120
    mov.w r3, #0x00080008
    movs r4, #0
2:
    ldrd r6, r7, [r1], #8
    smlad r4, r6, r3, r4
    smlad r4, r7, r3, r4
    cmp r1, r2
    blo 2b
    str r4, [sp, #trunkline_m4_offsets]
    m4_block
    .p2align 2
.Ltrunkline_m4_i4_four:
    ldrd r6, r7, [r1], #8
    ldrd r8, r9, [r0], #8
    m4_nibbles r8, r6
    m4_nibbles r9, r7
    ldr pc, [sp, #trunkline_m4_eights]
    .p2align 2
.Ltrunkline_m4_i4_eights:
    .rept 2                     @ 30 instructions for 32 multiply-accumulates
    ldm r1!, {r6, r7, r12, lr}
    ldm r0!, {r8-r11}
    m4_nibbles r8, r6
    m4_nibbles r9, r7
    m4_nibbles r10, r12
    m4_nibbles r11, lr
    .endr
    m4_turn i4
    .p2align 2
.Ltrunkline_m4_i4_rows:
    ldr r6, [sp, #trunkline_m4_offsets]
    subs r2, r2, r4
    asrs r2, r2, #4             @ row 0
    subs r4, r4, r3
    sub r4, r4, r6, lsl #8      @ row 2
    subs r3, r3, r5
    asrs r3, r3, #4             @ row 1
    subs r5, r5, r6             @ row 3
    m4_scale

@ int16: two words a row for four columns.
    .macro m4_four_i16 x, y
    ldm r0!, {r8-r11}
    smlad r2, r8, \x, r2
    smlad r2, r9, \y, r2
    smlad r3, r10, \x, r3
    smlad r3, r11, \y, r3
    ldm r0!, {r8-r11}
    smlad r4, r8, \x, r4
    smlad r4, r9, \y, r4
    smlad r5, r10, \x, r5
    smlad r5, r11, \y, r5
    .endm

    m4_function trunkline_m4_i16
    m4_enter i16, 1, 84
    m4_block
    .p2align 2
.Ltrunkline_m4_i16_four:
    ldrd r6, r7, [r1], #8
    m4_four_i16 r6, r7
    ldr pc, [sp, #trunkline_m4_eights]
    .p2align 2
.Ltrunkline_m4_i16_eights:      @ 21 instructions for 32 multiply-accumulates
    ldm r1!, {r6, r7, r12, lr}
    m4_four_i16 r6, r7
    m4_four_i16 r12, lr
    m4_turn i16
    .p2align 2
.Ltrunkline_m4_i16_rows:
    ldm r0!, {r8-r11}
    ldr r7, [sp, #trunkline_m4_zeros + 4]
    ldrd r12, lr, [sp, #trunkline_m4_output]
    smmlar r2, r2, r8, r7
    smmlar r3, r3, r9, r7
    smmlar r4, r4, r10, r7
    smmlar r5, r5, r11, r7
    ssat r2, #17, r2            @ beyond 17 bits the limits decide, whatever is added
    ssat r4, #17, r4
    lsls r2, r2, #8
    lsls r4, r4, #8
    ldr pc, [sp, #trunkline_m4_finish]

@ Adds the outputs held.
    m4_function trunkline_m4_held
    ldrd r6, r7, [r12]
    sxth r8, r6
    add r2, r2, r8, lsl #8
    add r3, r3, r6, asr #16
    sxth r8, r7
    add r4, r4, r8, lsl #8
    add r5, r5, r7, asr #16
    ldr pc, [sp, #trunkline_m4_saturate]

@ In: r0 the frame's words from records on, seven of them. Out: r0 the first record that is no layer for it, or the end.
    m4_function trunkline_m4_run
    push {r4-r11, lr}
    sub sp, sp, #trunkline_m4_frame
    ldm r0, {r0-r4, r6, r7}
    add r8, sp, #trunkline_m4_records + 4
    stm r8, {r1-r4, r6, r7}
    b .Ltrunkline_m4_next

@ The limits of the outputs, for each range, 20 bytes of code each: first with a sign, then (ReLU) without.
    .p2align 2
.Ltrunkline_m4_saturate:
    .irp bits, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
    ssat r2, #\bits, r2, asr #8
    ssat r3, #\bits, r3
    ssat r4, #\bits, r4, asr #8
    ssat r5, #\bits, r5
    b.w .Ltrunkline_m4_store
    .endr
    .irp bits, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    usat r2, #\bits, r2, asr #8
    usat r3, #\bits, r3
    usat r4, #\bits, r4, asr #8
    usat r5, #\bits, r5
    b.w .Ltrunkline_m4_store
    .endr

.Ltrunkline_m4_store:
    pkhbt r2, r2, r3, lsl #16
    pkhbt r3, r4, r5, lsl #16
    strd r2, r3, [r12], #8
    str r12, [sp, #trunkline_m4_output]
    cmp r12, lr
    bhs .Ltrunkline_m4_next_saved
    m4_block

@ The next record: what it is, its tensors, zero and rows, the place of its stream.
.Ltrunkline_m4_next_saved:
    ldr r0, [sp, #trunkline_m4_records]
.Ltrunkline_m4_next:
    add r1, sp, #trunkline_m4_records + 4
    ldm r1, {r1-r4, r11, r12}   @ end, tensors, section, inputs, outputs, due
.Ltrunkline_m4_seldom:
    cmp r0, r1
    beq .Ltrunkline_m4_stop
    ldm r0!, {r6-r9}
    lsrs r5, r6, #26            @ another op
    bne .Ltrunkline_m4_not_here
    adds r0, r0, #trunkline_m4_record - 16
    tst r6, #0xff00             @ a trunk's layers always run
    beq 1f
    ubfx r5, r6, #16, #5
    lsr r5, r12, r5
    lsls r5, r5, #31
    beq .Ltrunkline_m4_seldom
1:
    str r0, [sp, #trunkline_m4_records]
    uxtb r5, r7
    ldr r5, [r2, r5, lsl #3]    @ start and elements
    ubfx r7, r7, #8, #8
    add r7, r2, r7, lsl #3
    ldrd r7, r10, [r7]          @ start, range
    uxtb r10, r10
    uxth r1, r5
    add r1, r4, r1, lsl #1
    lsrs r5, r5, #16
    add r2, r1, r5, lsl #1
    add r12, r5, #3
    uxth r7, r7
    add r7, r11, r7, lsl #1
    add r0, r3, r9
    movs r4, #20
    ldr r9, .Ltrunkline_m4_limits
    lsls r3, r6, #7             @ negative: ReLU; carry: accumulate
    it mi
    addmi r9, r9, #300
    mla r10, r10, r4, r9
    mov r9, r10
    it cs
    ldrcs r9, .Ltrunkline_m4_adds
    lsls r3, r6, #24
    sxth r6, r8
    lsr r8, r8, #16
    add r8, r7, r8, lsl #1
    lsl r5, r6, #8
    add r5, r5, #128
    beq.w trunkline_m4_i8
    cmp r3, #1 << 24
    beq.w trunkline_m4_i16
    b.w trunkline_m4_i4
    .p2align 2
.Ltrunkline_m4_limits:
    .word .Ltrunkline_m4_saturate - 20 + 1 @ Thumb code
.Ltrunkline_m4_adds:
    .word trunkline_m4_held
.Ltrunkline_m4_not_here:
    subs r0, r0, #16
.Ltrunkline_m4_stop:
    add sp, sp, #trunkline_m4_frame
    pop {r4-r11, pc}
