using Orders;

return await OrdersCommand.Build().Parse(args).InvokeAsync(OrdersCommand.Configuration);
