import { createApp, defineTool, ToolError } from './src/index.ts';
import { z } from 'zod';
const tool = defineTool({ name:'add', input: z.object({a:z.number(),b:z.number()}), output: z.object({sum:z.number()}), run: ({a,b}) => ({sum:a+b}) });
const text = defineTool({ name:'t', run: () => 'x' });
const app = createApp({name:'a',version:'1'}).add(tool, text);
const app5 = createApp({name:'a',version:'1'}).use(async function a(c,n){return n()}).use(async function a(c,n){return n()}).use(async function a(c,n){return n()}).use(async function a(c,n){return n()}).use(async function a(c,n){return n()}).add(tool, text);
async function bench(name, f, n=200000) { for (let i=0;i<20000;i++) await f(); const rs=[]; for (let r=0;r<7;r++){ const s=process.cpuUsage(); for (let i=0;i<n/7;i++) await f(); const d=process.cpuUsage(s); rs.push((d.user+d.system)/(n/7)); } rs.sort((a,b)=>a-b); console.log(name, rs[3].toFixed(2)+'µs', 'min', rs[0].toFixed(2)); }
await bench('structured', () => app.call(tool,{a:1,b:2}));
await bench('text', () => app.call(text));
await bench('structured5', () => app5.call(tool,{a:1,b:2}));
