package dev.retort.prompt;

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
import dev.retort.prompt.JinjaValues.Arguments;
import dev.retort.prompt.JinjaValues.Function;
import dev.retort.prompt.JinjaValues.Method;
import dev.retort.prompt.JinjaValues.Namespace;
import dev.retort.prompt.JinjaValues.Tuple;
import dev.retort.prompt.JinjaValues.Undefined;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Renders one parsed template once. Names are looked up in scopes; only a namespace's fields outlive a loop's turn. */
final class JinjaInterpreter {

    private static final int MOST_CALLS = 50;

    private static final Map<String, Function> FUNCTIONS = Map.of(
            "range", Function.RANGE,
            "namespace", Function.NAMESPACE,
            "dict", Function.DICT,
            "raise_exception", Function.RAISE_EXCEPTION,
            "strftime_now", Function.STRFTIME_NOW);

    private enum Flow {
        NEXT,
        BREAK,
        CONTINUE
    }

    private static final class Scope {
        private final Map<String, Object> names = new HashMap<>();
        private final Scope outer;

        Scope(Scope outer) {
            this.outer = outer;
        }
    }

    /** A macro with the scope it was written in. */
    private record Defined(Macro macro, Scope scope) {}

    /** What a loop knows of itself. */
    private record Loop(List<Object> items, int index, int depth) {

        Object get(String name) {
            return switch (name) {
                case "index" -> index + 1L;
                case "index0" -> (long) index;
                case "revindex" -> (long) items.size() - index;
                case "revindex0" -> (long) items.size() - index - 1;
                case "first" -> index == 0;
                case "last" -> index == items.size() - 1;
                case "length" -> (long) items.size();
                case "depth" -> (long) depth;
                case "depth0" -> depth - 1L;
                case "previtem" -> index > 0 ? items.get(index - 1) : new Undefined("there is no previous item");
                case "nextitem" -> index + 1 < items.size()
                        ? items.get(index + 1)
                        : new Undefined("there is no next item");
                case "cycle" -> new Method(this, "cycle");
                default -> new Undefined("a loop has no " + name);
            };
        }
    }

    private final JinjaValues values = new JinjaValues();
    private final LocalDateTime now;
    private StringBuilder out = new StringBuilder();
    private Scope scope = new Scope(null);
    private int line = 1;
    private int calls;
    private int loops;

    /**
     * Prepares a rendering.
     *
     * @param variables what the template can see, by name
     * @param now for strftime_now
     */
    JinjaInterpreter(Map<String, Object> variables, LocalDateTime now) {
        scope.names.putAll(variables);
        this.now = now;
    }

    /** The line of the statement that was last begun, from 1. */
    int line() {
        return line;
    }

    String render(List<Statement> statements) {
        // Names that the template sets hide its variables, they do not replace them.
        scope = new Scope(scope);
        run(statements);
        return out.toString();
    }

    // ---- statements

    private Flow run(List<Statement> statements) {
        for (Statement statement : statements) {
            Flow flow = run(statement);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Statement statement) {
        values.step();
        if (statement instanceof Text text) {
            print(text.text());
        } else if (statement instanceof Print print) {
            line = print.line();
            print(values.text(evaluate(print.value())));
        } else if (statement instanceof If branches) {
            return run(branches);
        } else if (statement instanceof For loop) {
            run(loop);
        } else if (statement instanceof Assign assign) {
            line = assign.line();
            assign(assign.target(), evaluate(assign.value()));
        } else if (statement instanceof AssignBlock block) {
            line = block.line();
            StringBuilder text = new StringBuilder();
            Flow flow = capture(block.body(), new Scope(scope), text);
            if (flow != Flow.NEXT) {
                return flow;
            }
            assign(block.target(), filtered(block.filters(), text.toString()));
        } else if (statement instanceof Macro macro) {
            scope.names.put(macro.name(), new Defined(macro, scope));
        } else if (statement instanceof FilterBlock block) {
            line = block.line();
            StringBuilder text = new StringBuilder();
            Flow flow = capture(block.body(), new Scope(scope), text);
            if (flow != Flow.NEXT) {
                return flow;
            }
            print(values.text(filtered(block.filters(), text.toString())));
        } else if (statement instanceof Scoped block) {
            return run(block);
        } else if (statement instanceof Break) {
            return Flow.BREAK;
        } else if (statement instanceof Continue) {
            return Flow.CONTINUE;
        }
        return Flow.NEXT;
    }

    private void print(String text) {
        values.chargeText(
                (long) out.length() + text.length() > JinjaValues.MOST_CHARACTERS ? Long.MAX_VALUE : text.length());
        out.append(text);
    }

    private Flow run(If branches) {
        line = branches.line();
        for (Branch branch : branches.branches()) {
            if (JinjaValues.truth(evaluate(branch.test()))) {
                return run(branch.body());
            }
        }
        return run(branches.otherwise());
    }

    private Flow run(Scoped block) {
        line = block.line();
        Scope inner = new Scope(scope);
        for (Assign assign : block.assigns()) {
            Object value = evaluate(assign.value());
            Scope outer = scope;
            scope = inner;
            assign(assign.target(), value);
            scope = outer;
        }
        Scope outer = scope;
        scope = inner;
        Flow flow = run(block.body());
        scope = outer;
        return flow;
    }

    private void run(For loop) {
        line = loop.line();
        List<Object> items = values.iterate(evaluate(loop.items()));
        Scope outer = scope;
        if (loop.condition() != null) {
            List<Object> kept = new ArrayList<>();
            for (Object item : items) {
                values.scope();
                scope = new Scope(outer);
                assign(loop.target(), item);
                if (JinjaValues.truth(evaluate(loop.condition()))) {
                    kept.add(item);
                }
            }
            items = kept;
        }
        loops++;
        // As jinja2 has it: "else" is for a loop of which no turn came to its end, a break or continue included.
        boolean ended = false;
        for (int i = 0; i < items.size(); i++) {
            values.scope();
            scope = new Scope(outer);
            assign(loop.target(), items.get(i));
            scope.names.put("loop", new Loop(items, i, loops));
            Flow flow = run(loop.body());
            if (flow == Flow.BREAK) {
                break;
            }
            ended |= flow == Flow.NEXT;
        }
        loops--;
        scope = outer;
        if (!ended) {
            run(loop.otherwise());
        }
    }

    private void assign(Target target, Object value) {
        values.step();
        if (target instanceof NameTarget name) {
            scope.names.put(name.name(), value);
        } else if (target instanceof NamespaceTarget field) {
            if (!(lookUp(field.space()) instanceof Namespace namespace)) {
                throw new JinjaException("cannot assign attribute on non-namespace object");
            }
            put(namespace, field.name(), value);
        } else if (target instanceof TupleTarget tuple) {
            List<Object> items = values.iterate(JinjaValues.defined(value));
            if (items.size() != tuple.items().size()) {
                throw new JinjaException(
                        "expected " + tuple.items().size() + " values to unpack, found " + items.size());
            }
            for (int i = 0; i < items.size(); i++) {
                assign(tuple.items().get(i), items.get(i));
            }
        }
    }

    private static void put(Namespace namespace, String name, Object value) {
        if (name.startsWith("_")) {
            throw new JinjaException("a chat template cannot store the name " + name + " on a namespace");
        }
        namespace.values.put(name, value);
    }

    /** Runs a body with its names in this scope and its text in this builder. A break leaves the block with its text lost. */
    private Flow capture(List<Statement> body, Scope inner, StringBuilder text) {
        StringBuilder outerText = out;
        Scope outerScope = scope;
        out = text;
        scope = inner;
        Flow flow = run(body);
        out = outerText;
        scope = outerScope;
        return flow;
    }

    private Object filtered(Expression filters, Object value) {
        if (!(filters instanceof Filtered filter)) {
            return value;
        }
        return JinjaFilters.filter(
                values, filter.name(), filtered(filter.of(), value), arguments(filter.positional(), filter.named()));
    }

    // ---- expressions

    private Object lookUp(String name) {
        for (Scope each = scope; each != null; each = each.outer) {
            values.step();
            Object value = each.names.get(name);
            if (value != null || each.names.containsKey(name)) {
                return value;
            }
        }
        Function function = FUNCTIONS.get(name);
        return function == null ? Undefined.name(name) : function;
    }

    private Object evaluate(Expression expression) {
        values.step();
        if (expression instanceof Literal literal) {
            return literal.value();
        }
        if (expression instanceof Name name) {
            return lookUp(name.name());
        }
        if (expression instanceof Attribute attribute) {
            Object of = evaluate(attribute.of());
            return of instanceof Loop loop ? loop.get(attribute.name()) : values.attribute(of, attribute.name());
        }
        if (expression instanceof Item item) {
            Object of = evaluate(item.of());
            return values.item(of, evaluate(item.key()));
        }
        if (expression instanceof Call call) {
            return call(call);
        }
        if (expression instanceof Filtered filter) {
            Object of = evaluate(filter.of());
            return JinjaFilters.filter(values, filter.name(), of, arguments(filter.positional(), filter.named()));
        }
        if (expression instanceof Tested test) {
            Object of = evaluate(test.of());
            return JinjaFilters.test(values, test.name(), of, arguments(test.positional(), test.named()));
        }
        if (expression instanceof Arithmetic arithmetic) {
            Object left = evaluate(arithmetic.left());
            return values.arithmetic(arithmetic.operator(), left, evaluate(arithmetic.right()));
        }
        if (expression instanceof Comparison comparison) {
            return compare(comparison);
        }
        if (expression instanceof And and) {
            Object left = evaluate(and.left());
            return JinjaValues.truth(left) ? evaluate(and.right()) : left;
        }
        if (expression instanceof Or or) {
            Object left = evaluate(or.left());
            return JinjaValues.truth(left) ? left : evaluate(or.right());
        }
        if (expression instanceof Not not) {
            return !JinjaValues.truth(evaluate(not.of()));
        }
        if (expression instanceof Conditional conditional) {
            if (JinjaValues.truth(evaluate(conditional.test()))) {
                return evaluate(conditional.then());
            }
            return conditional.otherwise() == null
                    ? new Undefined("the inline if-expression has no else")
                    : evaluate(conditional.otherwise());
        }
        return evaluateRare(expression);
    }

    private Object evaluateRare(Expression expression) {
        if (expression instanceof Slice slice) {
            Object of = evaluate(slice.of());
            return values.slice(of, optional(slice.from()), optional(slice.to()), optional(slice.step()));
        }
        if (expression instanceof Concatenation concatenation) {
            List<Object> parts = evaluateAll(concatenation.parts());
            return JinjaMethods.join(values, "", parts, false);
        }
        if (expression instanceof Sign sign) {
            Object of = evaluate(sign.of());
            return sign.negative() ? values.negative(of) : values.arithmetic("+", of, 0L);
        }
        if (expression instanceof ListOf list) {
            return evaluateAll(list.items());
        }
        if (expression instanceof TupleOf tuple) {
            return new Tuple(evaluateAll(tuple.items()));
        }
        DictOf dict = (DictOf) expression;
        Map<Object, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < dict.keys().size(); i++) {
            Object key = JinjaValues.key(evaluate(dict.keys().get(i)));
            map.put(key, evaluate(dict.values().get(i)));
        }
        return map;
    }

    private Object optional(Expression expression) {
        return expression == null ? null : evaluate(expression);
    }

    private List<Object> evaluateAll(List<Expression> expressions) {
        List<Object> all = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            all.add(evaluate(expression));
        }
        return all;
    }

    private Arguments arguments(List<Expression> positional, List<Named> named) {
        Map<String, Object> byName = new LinkedHashMap<>();
        List<Object> inOrder = evaluateAll(positional);
        for (Named argument : named) {
            byName.put(argument.name(), evaluate(argument.value()));
        }
        return new Arguments(inOrder, byName);
    }

    private boolean compare(Comparison comparison) {
        Object left = evaluate(comparison.first());
        for (Step step : comparison.steps()) {
            Object right = evaluate(step.right());
            boolean holds =
                    switch (step.operator()) {
                        case "==" -> values.equal(left, right);
                        case "!=" -> !values.equal(left, right);
                        case "<" -> values.compare(left, right) < 0;
                        case "<=" -> values.compare(left, right) <= 0;
                        case ">" -> values.compare(left, right) > 0;
                        case ">=" -> values.compare(left, right) >= 0;
                        case "in" -> values.contains(right, left);
                        default -> !values.contains(right, left);
                    };
            if (!holds) {
                return false;
            }
            left = right;
        }
        return true;
    }

    // ---- calls

    private Object call(Call call) {
        Object function = evaluate(call.function());
        Arguments arguments = arguments(call.positional(), call.named());
        if (function instanceof Method method) {
            if (method.of() instanceof Loop loop) {
                if (arguments.positional().isEmpty()) {
                    throw new JinjaException("no items for cycling given");
                }
                return arguments
                        .positional()
                        .get(loop.index() % arguments.positional().size());
            }
            return JinjaMethods.call(values, method, arguments);
        }
        if (function instanceof Defined defined) {
            return call(defined, arguments);
        }
        if (function instanceof Function builtIn) {
            return call(builtIn, arguments);
        }
        throw new JinjaException(
                "'" + JinjaValues.typeName(JinjaValues.defined(function)) + "' object is not callable");
    }

    private String call(Defined defined, Arguments arguments) {
        if (++calls > MOST_CALLS) {
            throw new JinjaException("more than " + MOST_CALLS + " macros call one another");
        }
        values.scope();
        Macro macro = defined.macro();
        int lineOfCall = line;
        String[] names = macro.parameters().stream().map(Named::name).toArray(String[]::new);
        Object[] given = arguments.bind("macro '" + macro.name() + "'", names);
        Scope inner = new Scope(defined.scope());
        Scope outer = scope;
        for (int i = 0; i < names.length; i++) {
            Named parameter = macro.parameters().get(i);
            Object value = given[i];
            if (value == Arguments.ABSENT) {
                scope = inner;
                value = parameter.value() == null ? Undefined.name(names[i]) : evaluate(parameter.value());
                scope = outer;
            }
            inner.names.put(names[i], value);
        }
        StringBuilder text = new StringBuilder();
        capture(macro.body(), inner, text);
        line = lineOfCall;
        calls--;
        return text.toString();
    }

    private Object call(Function function, Arguments arguments) {
        switch (function) {
            case RANGE -> {
                return range(arguments);
            }
            case RAISE_EXCEPTION -> {
                Object message =
                        JinjaMethods.required(arguments.bind("raise_exception", "message"), 0, "raise_exception");
                throw new JinjaException(values.text(message), true);
            }
            case STRFTIME_NOW -> {
                Object format = JinjaMethods.required(arguments.bind("strftime_now", "format"), 0, "strftime_now");
                return strftime(values.text(format));
            }
            case NAMESPACE -> {
                Namespace namespace = new Namespace();
                dict(arguments).forEach((name, value) -> put(namespace, values.text(name), value));
                return namespace;
            }
            case DICT -> {
                return dict(arguments);
            }
        }
        throw new JinjaException("'" + function + "' is not callable");
    }

    /** dict(mapping or pairs, name=value, ...). */
    private Map<Object, Object> dict(Arguments arguments) {
        Map<Object, Object> map = new LinkedHashMap<>();
        if (arguments.positional().size() > 1) {
            throw new JinjaException("dict expected at most 1 argument");
        }
        for (Object from : arguments.positional()) {
            if (from instanceof Map<?, ?> given) {
                values.chargeItems(given.size());
                given.forEach(map::put);
                continue;
            }
            for (Object pair : values.iterate(from)) {
                List<Object> both = values.iterate(pair);
                if (both.size() != 2) {
                    throw new JinjaException("dict needs pairs of key and value");
                }
                map.put(JinjaValues.key(both.get(0)), both.get(1));
            }
        }
        map.putAll(arguments.named());
        return map;
    }

    private List<Object> range(Arguments arguments) {
        List<Object> given = arguments.positional();
        if (given.isEmpty() || given.size() > 3 || !arguments.named().isEmpty()) {
            throw new JinjaException("range takes 1 to 3 integers");
        }
        long from = given.size() == 1 ? 0 : JinjaValues.integer(given.get(0));
        long to = JinjaValues.integer(given.get(given.size() == 1 ? 0 : 1));
        long step = given.size() == 3 ? JinjaValues.integer(given.get(2)) : 1;
        if (step == 0) {
            throw new JinjaException("range() arg 3 must not be zero");
        }
        List<Object> numbers = new ArrayList<>();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            if (numbers.size() >= JinjaValues.MOST_ITEMS) {
                throw new JinjaException("range() of more than " + JinjaValues.MOST_ITEMS + " numbers");
            }
            values.step();
            numbers.add(i);
            if (step > 0 ? i > Long.MAX_VALUE - step : i < Long.MIN_VALUE - step) {
                break;
            }
        }
        return numbers;
    }

    private String strftime(String format) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            values.step();
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                text.append(c);
                continue;
            }
            char directive = format.charAt(++i);
            boolean unpadded = directive == '-' && i + 1 < format.length();
            if (unpadded) {
                directive = format.charAt(++i);
            }
            String pattern =
                    switch (directive) {
                        case 'd' -> "dd";
                        case 'm' -> "MM";
                        case 'Y' -> "uuuu";
                        case 'y' -> "uu";
                        case 'b', 'h' -> "MMM";
                        case 'B' -> "MMMM";
                        case 'a' -> "EEE";
                        case 'A' -> "EEEE";
                        case 'H' -> "HH";
                        case 'I' -> "hh";
                        case 'M' -> "mm";
                        case 'S' -> "ss";
                        case 'p' -> "a";
                        case 'j' -> "DDD";
                        case 'F' -> "uuuu-MM-dd";
                        case 'T' -> "HH:mm:ss";
                        case '%' -> "'%'";
                        default -> throw new JinjaException("strftime_now does not know %" + directive);
                    };
            String part = now.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH));
            text.append(unpadded ? part.replaceFirst("^0+(?=.)", "") : part);
        }
        return text.toString();
    }
}
