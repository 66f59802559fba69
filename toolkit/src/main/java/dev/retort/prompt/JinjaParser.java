package dev.retort.prompt;

import dev.retort.prompt.JinjaLexer.Kind;
import dev.retort.prompt.JinjaLexer.Token;
import dev.retort.prompt.JinjaTree.And;
import dev.retort.prompt.JinjaTree.Arithmetic;
import dev.retort.prompt.JinjaTree.Assign;
import dev.retort.prompt.JinjaTree.AssignBlock;
import dev.retort.prompt.JinjaTree.Attribute;
import dev.retort.prompt.JinjaTree.Branch;
import dev.retort.prompt.JinjaTree.Break;
import dev.retort.prompt.JinjaTree.Call;
import dev.retort.prompt.JinjaTree.Comparison;
import dev.retort.prompt.JinjaTree.Concatenation;
import dev.retort.prompt.JinjaTree.Conditional;
import dev.retort.prompt.JinjaTree.Continue;
import dev.retort.prompt.JinjaTree.DictOf;
import dev.retort.prompt.JinjaTree.Expression;
import dev.retort.prompt.JinjaTree.FilterBlock;
import dev.retort.prompt.JinjaTree.Filtered;
import dev.retort.prompt.JinjaTree.For;
import dev.retort.prompt.JinjaTree.If;
import dev.retort.prompt.JinjaTree.Item;
import dev.retort.prompt.JinjaTree.ListOf;
import dev.retort.prompt.JinjaTree.Literal;
import dev.retort.prompt.JinjaTree.Macro;
import dev.retort.prompt.JinjaTree.Name;
import dev.retort.prompt.JinjaTree.NameTarget;
import dev.retort.prompt.JinjaTree.Named;
import dev.retort.prompt.JinjaTree.NamespaceTarget;
import dev.retort.prompt.JinjaTree.Not;
import dev.retort.prompt.JinjaTree.Or;
import dev.retort.prompt.JinjaTree.Print;
import dev.retort.prompt.JinjaTree.Scoped;
import dev.retort.prompt.JinjaTree.Sign;
import dev.retort.prompt.JinjaTree.Slice;
import dev.retort.prompt.JinjaTree.Statement;
import dev.retort.prompt.JinjaTree.Step;
import dev.retort.prompt.JinjaTree.Target;
import dev.retort.prompt.JinjaTree.Tested;
import dev.retort.prompt.JinjaTree.Text;
import dev.retort.prompt.JinjaTree.TupleOf;
import dev.retort.prompt.JinjaTree.TupleTarget;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Parses a template by recursive descent, with jinja2's order of operators. */
final class JinjaParser {

    /** Tags and brackets inside one another, at most: far from what a thread's stack can hold. */
    private static final int MOST_NESTED = 100;

    private static final Set<String> AFTER_TEST = Set.of("else", "or", "and");
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private static final Set<String> PRODUCTS = Set.of("*", "/", "//", "%");

    private final List<Token> tokens;
    private int position;
    private int nested;
    private int loops;

    private JinjaParser(List<Token> tokens) {
        this.tokens = tokens;
    }

    /**
     * The statements of a template.
     *
     * @throws JinjaException at the first mistake, naming the line
     */
    static List<Statement> parse(String template) {
        JinjaParser parser = new JinjaParser(JinjaLexer.tokens(template));
        List<Statement> statements = parser.statements(Set.of());
        if (parser.current().kind() != Kind.END) {
            throw parser.wrong(
                    "the tag " + parser.tokens.get(parser.position + 1).text() + " closes nothing");
        }
        return statements;
    }

    private Token current() {
        return tokens.get(position);
    }

    private Token next() {
        return tokens.get(position++);
    }

    private JinjaException wrong(String message) {
        return new JinjaException("line " + current().line() + ": " + message);
    }

    private static String shown(Token token) {
        return switch (token.kind()) {
            case TEXT -> "text";
            case BLOCK_BEGIN -> "{%";
            case BLOCK_END -> "%}";
            case PRINT_BEGIN -> "{{";
            case PRINT_END -> "}}";
            case STRING -> "a string";
            case END -> "the end of the template";
            case NAME, INTEGER, FLOAT, OPERATOR -> token.text();
        };
    }

    private Token expect(Kind kind, String what) {
        if (current().kind() != kind) {
            throw wrong("expected " + what + ", found " + shown(current()));
        }
        return next();
    }

    private void expectOperator(String symbol) {
        if (!current().isOperator(symbol)) {
            throw wrong("expected " + symbol + ", found " + shown(current()));
        }
        position++;
    }

    private boolean skipOperator(String symbol) {
        if (current().isOperator(symbol)) {
            position++;
            return true;
        }
        return false;
    }

    private boolean skipName(String name) {
        if (current().isName(name)) {
            position++;
            return true;
        }
        return false;
    }

    private void deeper() {
        if (++nested > MOST_NESTED) {
            throw wrong("more than " + MOST_NESTED + " levels inside one another");
        }
    }

    /** Statements up to the end or to a tag of the given names, whose "{%" is left standing. */
    private List<Statement> statements(Set<String> ends) {
        deeper();
        List<Statement> body = new ArrayList<>();
        while (true) {
            Token token = current();
            switch (token.kind()) {
                case TEXT -> {
                    body.add(new Text(token.text()));
                    position++;
                }
                case PRINT_BEGIN -> {
                    position++;
                    body.add(new Print(token.line(), tuple(true)));
                    expect(Kind.PRINT_END, "}}");
                }
                case BLOCK_BEGIN -> {
                    Token tag = tokens.get(position + 1);
                    if (tag.kind() != Kind.NAME) {
                        throw wrong("expected a tag's name, found " + shown(tag));
                    }
                    if (ends.contains(tag.text()) || tag.text().startsWith("end")) {
                        nested--;
                        return body;
                    }
                    position += 2;
                    body.add(tag(tag));
                }
                case END -> {
                    nested--;
                    return body;
                }
                default -> throw wrong("found " + shown(token) + " between tags");
            }
        }
    }

    private Statement tag(Token tag) {
        int line = tag.line();
        switch (tag.text()) {
            case "if" -> {
                return ifBlock(line);
            }
            case "for" -> {
                return forBlock(line);
            }
            case "set" -> {
                return set(line);
            }
            case "macro" -> {
                return macro(line);
            }
            case "generation" -> {
                expect(Kind.BLOCK_END, "%}");
                return new Scoped(line, List.of(), outsideOfLoops("endgeneration"));
            }
            case "with" -> {
                List<Assign> assigns = new ArrayList<>();
                while (current().kind() != Kind.BLOCK_END) {
                    if (!assigns.isEmpty()) {
                        expectOperator(",");
                    }
                    Target target = target(primary());
                    expectOperator("=");
                    assigns.add(new Assign(line, target, expression()));
                }
                expect(Kind.BLOCK_END, "%}");
                return new Scoped(line, assigns, bodyTo("endwith"));
            }
            case "filter" -> {
                position--;
                Expression filters = filterChain();
                expect(Kind.BLOCK_END, "%}");
                return new FilterBlock(line, filters, bodyTo("endfilter"));
            }
            case "break", "continue" -> {
                if (loops == 0) {
                    throw wrong(tag.text() + " stands outside of a loop");
                }
                expect(Kind.BLOCK_END, "%}");
                return tag.text().equals("break") ? new Break(line) : new Continue(line);
            }
            default -> throw wrong("the tag " + tag.text() + " is not supported in a chat template");
        }
    }

    /** The body up to the closing tag of this name, which is taken. */
    private List<Statement> bodyTo(String end) {
        List<Statement> body = statements(Set.of(end));
        closing(end);
        return body;
    }

    private void closing(String end) {
        expect(Kind.BLOCK_BEGIN, "{% " + end + " %}");
        if (!skipName(end)) {
            throw wrong("expected " + end + ", found " + shown(current()));
        }
        expect(Kind.BLOCK_END, "%}");
    }

    private Statement ifBlock(int line) {
        List<Branch> branches = new ArrayList<>();
        List<Statement> otherwise = List.of();
        Set<String> ends = Set.of("elif", "else", "endif");
        Expression test = tuple(false);
        expect(Kind.BLOCK_END, "%}");
        branches.add(new Branch(test, statements(ends)));
        while (true) {
            expect(Kind.BLOCK_BEGIN, "{% endif %}");
            if (skipName("elif")) {
                test = tuple(false);
                expect(Kind.BLOCK_END, "%}");
                branches.add(new Branch(test, statements(ends)));
            } else if (skipName("else")) {
                expect(Kind.BLOCK_END, "%}");
                otherwise = statements(Set.of("endif"));
                closing("endif");
                return new If(line, branches, otherwise);
            } else {
                position--;
                closing("endif");
                return new If(line, branches, otherwise);
            }
        }
    }

    private Statement forBlock(int line) {
        Target target = targets();
        if (!skipName("in")) {
            throw wrong("expected in, found " + shown(current()));
        }
        Expression items = tuple(false);
        Expression condition = skipName("if") ? expression() : null;
        if (current().isName("recursive")) {
            throw wrong("a recursive loop is not supported in a chat template");
        }
        expect(Kind.BLOCK_END, "%}");
        loops++;
        List<Statement> body = statements(Set.of("else", "endfor"));
        loops--;
        List<Statement> otherwise = List.of();
        expect(Kind.BLOCK_BEGIN, "{% endfor %}");
        if (skipName("else")) {
            expect(Kind.BLOCK_END, "%}");
            otherwise = statements(Set.of("endfor"));
        } else {
            position--;
        }
        closing("endfor");
        return new For(line, target, items, condition, body, otherwise);
    }

    private Statement set(int line) {
        Target target = targets();
        if (skipOperator("=")) {
            Expression value = tuple(true);
            expect(Kind.BLOCK_END, "%}");
            return new Assign(line, target, value);
        }
        Expression filters = current().isOperator("|") ? filterChain() : null;
        expect(Kind.BLOCK_END, "%}");
        return new AssignBlock(line, target, filters, bodyTo("endset"));
    }

    /** Filters applied to what a block printed; the first stands at the position, after a "|" or a tag's name. */
    private Expression filterChain() {
        Expression chain = null;
        do {
            position++;
            chain = filter(chain);
        } while (current().isOperator("|"));
        return chain;
    }

    private Statement macro(int line) {
        String name = expect(Kind.NAME, "the macro's name").text();
        expectOperator("(");
        List<Named> parameters = new ArrayList<>();
        while (!skipOperator(")")) {
            if (!parameters.isEmpty()) {
                expectOperator(",");
            }
            String parameter = expect(Kind.NAME, "a parameter's name").text();
            parameters.add(new Named(parameter, skipOperator("=") ? expression() : null));
        }
        expect(Kind.BLOCK_END, "%}");
        return new Macro(line, name, parameters, outsideOfLoops("endmacro"));
    }

    /** A body in which break and continue do not reach the loops around it. */
    private List<Statement> outsideOfLoops(String end) {
        int loopsAround = loops;
        loops = 0;
        List<Statement> body = bodyTo(end);
        loops = loopsAround;
        return body;
    }

    /** What is assigned to: names, {@code space.name}, or several separated by commas. */
    private Target targets() {
        List<Target> items = new ArrayList<>();
        boolean several = false;
        do {
            items.add(target(postfix(primary())));
            several |= current().isOperator(",");
        } while (skipOperator(",")
                && (current().kind() == Kind.NAME || current().isOperator("(")));
        return several ? new TupleTarget(items) : items.get(0);
    }

    private Target target(Expression expression) {
        if (expression instanceof Name name) {
            return new NameTarget(name.name());
        }
        if (expression instanceof Attribute attribute && attribute.of() instanceof Name space) {
            return new NamespaceTarget(space.name(), attribute.name());
        }
        if (expression instanceof TupleOf tuple) {
            List<Target> items = new ArrayList<>();
            for (Expression item : tuple.items()) {
                items.add(target(item));
            }
            return new TupleTarget(items);
        }
        throw wrong("this cannot be assigned to");
    }

    /** An expression, or several separated by commas. */
    private Expression tuple(boolean withConditional) {
        Expression first = withConditional ? expression() : or();
        if (!current().isOperator(",")) {
            return first;
        }
        List<Expression> items = new ArrayList<>(List.of(first));
        while (skipOperator(",")) {
            if (current().kind() == Kind.PRINT_END || current().kind() == Kind.BLOCK_END) {
                break;
            }
            items.add(withConditional ? expression() : or());
        }
        return new TupleOf(items);
    }

    private Expression expression() {
        deeper();
        Expression value = or();
        while (skipName("if")) {
            Expression test = or();
            Expression otherwise = skipName("else") ? expression() : null;
            value = new Conditional(test, value, otherwise);
        }
        nested--;
        return value;
    }

    private Expression or() {
        Expression left = and();
        while (skipName("or")) {
            left = new Or(left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (skipName("and")) {
            left = new And(left, not());
        }
        return left;
    }

    private Expression not() {
        if (skipName("not")) {
            deeper();
            Expression of = not();
            nested--;
            return new Not(of);
        }
        return comparison();
    }

    private Expression comparison() {
        Expression first = sum();
        List<Step> steps = new ArrayList<>();
        while (true) {
            Token token = current();
            if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                position++;
                steps.add(new Step(token.text(), sum()));
            } else if (skipName("in")) {
                steps.add(new Step("in", sum()));
            } else if (token.isName("not") && tokens.get(position + 1).isName("in")) {
                position += 2;
                steps.add(new Step("not in", sum()));
            } else {
                return steps.isEmpty() ? first : new Comparison(first, steps);
            }
        }
    }

    private Expression sum() {
        Expression left = concatenation();
        while (current().isOperator("+") || current().isOperator("-")) {
            left = new Arithmetic(next().text(), left, concatenation());
        }
        return left;
    }

    private Expression concatenation() {
        Expression first = product();
        if (!current().isOperator("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (skipOperator("~")) {
            parts.add(product());
        }
        return new Concatenation(parts);
    }

    private Expression product() {
        Expression left = power();
        while (current().kind() == Kind.OPERATOR && PRODUCTS.contains(current().text())) {
            left = new Arithmetic(next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (skipOperator("**")) {
            left = new Arithmetic("**", left, unary(true));
        }
        return left;
    }

    private Expression unary(boolean withFilters) {
        Expression value;
        if (current().isOperator("-") || current().isOperator("+")) {
            boolean negative = next().text().equals("-");
            deeper();
            value = new Sign(negative, unary(false));
            nested--;
        } else {
            value = primary();
        }
        value = postfix(value);
        return withFilters ? filters(value) : value;
    }

    private Expression primary() {
        Token token = next();
        switch (token.kind()) {
            case NAME -> {
                return switch (token.text()) {
                    case "true", "True" -> new Literal(true);
                    case "false", "False" -> new Literal(false);
                    case "none", "None" -> new Literal(null);
                    default -> new Name(token.text());
                };
            }
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (current().kind() == Kind.STRING) {
                    text.append(next().text());
                }
                return new Literal(text.toString());
            }
            case INTEGER -> {
                return integer(token);
            }
            case FLOAT -> {
                return new Literal(Double.parseDouble(token.text()));
            }
            case OPERATOR -> {
                switch (token.text()) {
                    case "(" -> {
                        return parenthesis();
                    }
                    case "[" -> {
                        List<Expression> items = new ArrayList<>();
                        while (!skipOperator("]")) {
                            if (!items.isEmpty()) {
                                expectOperator(",");
                                if (skipOperator("]")) {
                                    break;
                                }
                            }
                            items.add(expression());
                        }
                        return new ListOf(items);
                    }
                    case "{" -> {
                        return dict();
                    }
                    default -> {}
                }
            }
            default -> {}
        }
        position--;
        throw wrong("expected a value, found " + shown(token));
    }

    private Expression integer(Token token) {
        try {
            return new Literal(Long.parseLong(token.text()));
        } catch (NumberFormatException e) {
            throw wrong("the number " + token.text() + " is too large");
        }
    }

    private Expression parenthesis() {
        if (skipOperator(")")) {
            return new TupleOf(List.of());
        }
        Expression first = expression();
        if (!current().isOperator(",")) {
            expectOperator(")");
            return first;
        }
        List<Expression> items = new ArrayList<>(List.of(first));
        while (skipOperator(",")) {
            if (current().isOperator(")")) {
                break;
            }
            items.add(expression());
        }
        expectOperator(")");
        return new TupleOf(items);
    }

    private Expression dict() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!skipOperator("}")) {
            if (!keys.isEmpty()) {
                expectOperator(",");
                if (skipOperator("}")) {
                    break;
                }
            }
            keys.add(expression());
            expectOperator(":");
            values.add(expression());
        }
        return new DictOf(keys, values);
    }

    private Expression postfix(Expression value) {
        Expression of = value;
        while (true) {
            if (skipOperator(".")) {
                Token name = next();
                if (name.kind() == Kind.NAME) {
                    of = new Attribute(of, name.text());
                } else if (name.kind() == Kind.INTEGER) {
                    of = new Item(of, integer(name));
                } else {
                    position--;
                    throw wrong("expected a name after the dot, found " + shown(name));
                }
            } else if (skipOperator("[")) {
                of = subscript(of);
            } else if (current().isOperator("(")) {
                of = call(of);
            } else {
                return of;
            }
        }
    }

    private Expression subscript(Expression of) {
        Expression from = current().isOperator(":") ? null : expression();
        if (skipOperator("]")) {
            return new Item(of, from);
        }
        expectOperator(":");
        Expression to = current().isOperator(":") || current().isOperator("]") ? null : expression();
        Expression step = skipOperator(":") && !current().isOperator("]") ? expression() : null;
        expectOperator("]");
        return new Slice(of, from, to, step);
    }

    private Expression call(Expression function) {
        List<Expression> positional = new ArrayList<>();
        List<Named> named = new ArrayList<>();
        arguments(positional, named);
        return new Call(function, positional, named);
    }

    private void arguments(List<Expression> positional, List<Named> named) {
        expectOperator("(");
        boolean first = true;
        while (!skipOperator(")")) {
            if (!first) {
                expectOperator(",");
                if (skipOperator(")")) {
                    return;
                }
            }
            first = false;
            if (current().kind() == Kind.NAME && tokens.get(position + 1).isOperator("=")) {
                String name = next().text();
                position++;
                named.add(new Named(name, expression()));
            } else if (!named.isEmpty()) {
                throw wrong("an argument without a name follows one with a name");
            } else {
                positional.add(expression());
            }
        }
    }

    private Expression filters(Expression value) {
        Expression of = value;
        while (true) {
            if (skipOperator("|")) {
                of = filter(of);
            } else if (current().isName("is")) {
                position++;
                of = test(of);
            } else if (current().isOperator("(")) {
                of = call(of);
            } else {
                return of;
            }
        }
    }

    private Expression filter(Expression of) {
        String name = expect(Kind.NAME, "a filter's name").text();
        List<Expression> positional = new ArrayList<>();
        List<Named> named = new ArrayList<>();
        if (current().isOperator("(")) {
            arguments(positional, named);
        }
        return new Filtered(of, name, positional, named);
    }

    private Expression test(Expression of) {
        boolean negated = skipName("not");
        String name = expect(Kind.NAME, "a test's name").text();
        List<Expression> positional = new ArrayList<>();
        List<Named> named = new ArrayList<>();
        Token token = current();
        if (token.isOperator("(")) {
            arguments(positional, named);
        } else {
            if (token.isName("is")) {
                throw wrong("one test with is cannot follow another");
            }
            boolean begins =
                    switch (token.kind()) {
                        case STRING, INTEGER, FLOAT -> true;
                        case NAME -> !AFTER_TEST.contains(token.text());
                        case OPERATOR -> token.text().equals("[")
                                || token.text().equals("{");
                        default -> false;
                    };
            if (begins) {
                positional.add(postfix(primary()));
            }
        }
        Expression tested = new Tested(of, name, positional, named);
        return negated ? new Not(tested) : tested;
    }
}
