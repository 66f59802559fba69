package dev.retort.prompt;

import java.util.List;

/** What a template is parsed into. */
final class JinjaTree {

    private JinjaTree() {}

    sealed interface Expression {}

    /** A string, long, double, boolean or null. */
    record Literal(Object value) implements Expression {}

    record Name(String name) implements Expression {}

    /** {@code of.name}. */
    record Attribute(Expression of, String name) implements Expression {}

    /** {@code of[key]}. */
    record Item(Expression of, Expression key) implements Expression {}

    /** {@code of[from:to:step]}; a part left out is null. */
    record Slice(Expression of, Expression from, Expression to, Expression step) implements Expression {}

    record ListOf(List<Expression> items) implements Expression {}

    record TupleOf(List<Expression> items) implements Expression {}

    record DictOf(List<Expression> keys, List<Expression> values) implements Expression {}

    /** {@code -of} or {@code +of}. */
    record Sign(boolean negative, Expression of) implements Expression {}

    /** One of + - * / // % **. */
    record Arithmetic(String operator, Expression left, Expression right) implements Expression {}

    /** {@code a ~ b ~ c}. */
    record Concatenation(List<Expression> parts) implements Expression {}

    /** {@code first < b <= c}: every step compares with the value before it. */
    record Comparison(Expression first, List<Step> steps) implements Expression {}

    /** One comparison: an operator of the language and what stands to its right. */
    record Step(String operator, Expression right) {}

    record And(Expression left, Expression right) implements Expression {}

    record Or(Expression left, Expression right) implements Expression {}

    record Not(Expression of) implements Expression {}

    /** {@code then if test else otherwise}; otherwise may be null. */
    record Conditional(Expression test, Expression then, Expression otherwise) implements Expression {}

    record Call(Expression function, List<Expression> positional, List<Named> named) implements Expression {}

    /** {@code of | name(...)}; of is null in a block that is filtered as a whole. */
    record Filtered(Expression of, String name, List<Expression> positional, List<Named> named) implements Expression {}

    /** {@code of is name(...)}. */
    record Tested(Expression of, String name, List<Expression> positional, List<Named> named) implements Expression {}

    /** A named argument, or a parameter and its default. */
    record Named(String name, Expression value) {}

    sealed interface Target {}

    record NameTarget(String name) implements Target {}

    /** {@code space.name}, the one assignment that outlives a loop. */
    record NamespaceTarget(String space, String name) implements Target {}

    record TupleTarget(List<Target> items) implements Target {}

    sealed interface Statement {}

    record Text(String text) implements Statement {}

    record Print(int line, Expression value) implements Statement {}

    record If(int line, List<Branch> branches, List<Statement> otherwise) implements Statement {}

    record Branch(Expression test, List<Statement> body) {}

    /** Condition and otherwise may be null and empty. */
    record For(
            int line,
            Target target,
            Expression items,
            Expression condition,
            List<Statement> body,
            List<Statement> otherwise)
            implements Statement {}

    record Assign(int line, Target target, Expression value) implements Statement {}

    /** {@code set target | filters}: the body's text is the value; filters is null or a chain that begins with nothing. */
    record AssignBlock(int line, Target target, Expression filters, List<Statement> body) implements Statement {}

    /** A parameter without a default has a null value. */
    record Macro(int line, String name, List<Named> parameters, List<Statement> body) implements Statement {}

    record FilterBlock(int line, Expression filters, List<Statement> body) implements Statement {}

    /** A block with its own names: {@code with}, or {@code generation} with none. */
    record Scoped(int line, List<Assign> assigns, List<Statement> body) implements Statement {}

    record Break(int line) implements Statement {}

    record Continue(int line) implements Statement {}
}
